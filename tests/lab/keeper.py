"""The lab's one background process: it starts everything and ends with everything.

It keeps what runs equal to what is wanted: a thing is wanted unless ``off/NAME`` exists, and
``on/NAME`` is there until it has ended and stays so. So any process of the lab's user can switch a
machine off and on without talking to the keeper.

It lives in a mount namespace of its own, and all it starts is bound to its life. However it
ends, no process and no mount is left; and it ends with its owner, if it has one.
"""

import fcntl
import os
import select
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import IO

from tests.lab import control_plane, machine
from tests.lab.blueprint import Blueprint, Node

# What an owner says to let the lab outlive it.
STAY = b"stay"
_BEAT = 0.05
_PAUSE_BEFORE_RESTART = 1.0


class Kept(ABC):
    """Something that runs while it is wanted."""

    def __init__(self, blueprint: Blueprint, name: str) -> None:
        self.blueprint = blueprint
        self.switch = Switch(blueprint.folder, name)
        self._log = blueprint.logs / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before = 0.0

    def step(self) -> None:
        """Come one step nearer to what is wanted."""
        if self._process is None:
            if not self.switch.is_wanted():
                self.switch.has_ended()
            elif time.monotonic() >= self._not_before:
                self._start()
        elif (status := self._process.poll()) is not None:
            self._ended(status)
        elif not self.switch.is_wanted():
            self.end()

    def end(self) -> None:
        """Pull its plug."""
        if self._process is not None:
            self._process.kill()
            self._ended(self._process.wait())

    @abstractmethod
    def start(self, log: IO[bytes]) -> "subprocess.Popen[bytes]":
        """Start it."""

    @abstractmethod
    def after(self, status: int) -> float | None:
        """Clean up after its end: seconds until it starts again, None where it stays off."""

    def _start(self) -> None:
        with self._log.open("ab") as log:
            self._process = self.start(log)
        self.switch.runs(self._process.pid)

    def _ended(self, status: int) -> None:
        self._process = None
        pause = self.after(status)
        if pause is None:
            self.switch.turn_off()
        else:
            self._not_before = time.monotonic() + pause


class Program(Kept):
    """A program of the control plane; it is started again whenever it ends."""

    def __init__(self, blueprint: Blueprint, name: str, command: list[str]) -> None:
        super().__init__(blueprint, name)
        self._command = ["setpriv", "--pdeathsig=KILL", *command]

    def start(self, log: IO[bytes]) -> "subprocess.Popen[bytes]":
        """Start it with its output in its log."""
        return subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def after(self, status: int) -> float | None:
        """Wait a moment, so that one that cannot start takes no processor."""
        del status
        return _PAUSE_BEFORE_RESTART


class Machine(Kept):
    """A machine; it starts again at once when it reboots, and stays off when it powers off."""

    def __init__(self, blueprint: Blueprint, node: Node) -> None:
        super().__init__(blueprint, node.name)
        self._node = node

    def start(self, log: IO[bytes]) -> "subprocess.Popen[bytes]":
        """Switch it on."""
        return machine.start(self.blueprint, self._node, log)

    def after(self, status: int) -> float | None:
        """Tell a reboot from a power-off."""
        machine.clean_up(self.blueprint, self._node)
        return 0 if status == machine.REBOOT else None


class Switch:
    """What is wanted of one of the lab's parts, and whether it runs."""

    def __init__(self, folder: Path, name: str) -> None:
        self._off = folder / "off" / name
        self._on = folder / "on" / name

    def turn_off(self) -> None:
        """Want it to end."""
        self._off.touch()

    def turn_on(self) -> None:
        """Want it to run."""
        self._off.unlink(missing_ok=True)

    def is_wanted(self) -> bool:
        """Whether it is meant to run."""
        return not self._off.exists()

    def is_running(self) -> bool:
        """Whether it runs."""
        return self._on.exists()

    def runs(self, process: int) -> None:
        """Note that it runs."""
        self._on.write_text(str(process))

    def has_ended(self) -> None:
        """Note that it runs no more, and will not until it is wanted again."""
        self._on.unlink(missing_ok=True)


def keep(folder: Path) -> None:
    """Run the lab in this folder until told to end, or until its owner is gone."""
    blueprint = Blueprint.load(folder)
    if blueprint is None:
        sys.exit(f"no lab in {folder}")
    with lock_file(folder).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(str(os.getpid()))
        lock.flush()
        _prepare_namespace()
        programs = control_plane.commands(blueprint).items()
        parts: list[Kept] = [Program(blueprint, name, command) for name, command in programs]
        parts += [Machine(blueprint, node) for node in blueprint.nodes]
        _run(parts)


def lock_file(folder: Path) -> Path:
    """The file that a living keeper holds locked, with its process ID in it."""
    return folder / "keeper.lock"


def keeper_of(folder: Path) -> int | None:
    """The process ID of the folder's living keeper."""
    try:
        with lock_file(folder).open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(lock.read() or 0) or None
    except FileNotFoundError:
        pass
    return None


def _prepare_namespace() -> None:
    """Give the machines' starter a place of its own, as a /run on tmpfs would be."""
    place = Path("/run/systemd/nspawn")
    place.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], check=True)


def _run(parts: list[Kept]) -> None:
    told_to_end = False

    def end(*_: object) -> None:
        nonlocal told_to_end
        told_to_end = True

    signal.signal(signal.SIGTERM, end)
    # The owner holds the other end of our standard input, until it sets us free.
    owner = [sys.stdin.fileno()]
    try:
        while not told_to_end:
            if select.select(owner, [], [], _BEAT)[0]:
                told_to_end = os.read(owner.pop(), len(STAY)) != STAY
            for part in parts:
                part.step()
    finally:
        for part in parts:
            part.end()
