"""The lab's background process: it starts everything and ends with everything.

It keeps the running parts equal to the wanted ones: a part is wanted unless ``off/NAME`` exists,
and ``on/NAME`` exists until it has ended and stays off. So any process of the lab's user can switch
a machine off and on without a connection to the keeper.

It lives in a mount namespace of its own, and everything it starts is bound to its life. However it
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

# The owner's message that lets the lab outlive it.
STAY = b"stay"
_BEAT = 0.05
_PAUSE_BEFORE_RESTART = 1.0


class Part(ABC):
    """A part that runs while it is wanted."""

    def __init__(self, blueprint: Blueprint, name: str) -> None:
        self.blueprint = blueprint
        self.switch = Switch(blueprint.folder, name)
        self._log = blueprint.logs / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before = 0.0

    def step(self) -> None:
        """Take one step towards the wanted state."""
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
        """Kill it."""
        if self._process is not None:
            self._process.kill()
            self._ended(self._process.wait())

    @abstractmethod
    def start(self, log: IO[bytes]) -> "subprocess.Popen[bytes]":
        """Start it."""

    @abstractmethod
    def after(self, status: int) -> float | None:
        """Clean up after its end; return the seconds until the restart, None if it stays off."""

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


class Program(Part):
    """A program of the control plane; it is restarted whenever it ends."""

    def __init__(self, blueprint: Blueprint, name: str, command: list[str]) -> None:
        super().__init__(blueprint, name)
        self._command = ["setpriv", "--pdeathsig=KILL", *command]

    def start(self, log: IO[bytes]) -> "subprocess.Popen[bytes]":
        """Start it with its output in its log."""
        return subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def after(self, status: int) -> float | None:
        """Wait a moment, so that a program that cannot start uses no processor."""
        del status
        return _PAUSE_BEFORE_RESTART


class Machine(Part):
    """A machine; it is restarted at once when it reboots, and stays off when it powers off."""

    def __init__(self, blueprint: Blueprint, node: Node) -> None:
        super().__init__(blueprint, node.name)
        self._node = node

    def start(self, log: IO[bytes]) -> "subprocess.Popen[bytes]":
        """Switch it on."""
        return machine.start(self.blueprint, self._node, log)

    def after(self, status: int) -> float | None:
        """Distinguish a reboot from a power-off."""
        machine.clean_up(self.blueprint, self._node)
        return 0 if status == machine.REBOOT else None


class Switch:
    """The wanted and the actual state of a part of the lab."""

    def __init__(self, folder: Path, name: str) -> None:
        self._off = folder / "off" / name
        self._on = folder / "on" / name

    def turn_off(self) -> None:
        """Request its end."""
        self._off.touch()

    def turn_on(self) -> None:
        """Request its start."""
        self._off.unlink(missing_ok=True)

    def is_wanted(self) -> bool:
        """Whether it is wanted."""
        return not self._off.exists()

    def is_running(self) -> bool:
        """Whether it runs."""
        return self._on.exists()

    def runs(self, process: int) -> None:
        """Record that it runs."""
        self._on.write_text(str(process))

    def has_ended(self) -> None:
        """Record that it has ended, and stays off until it is wanted again."""
        self._on.unlink(missing_ok=True)


def keep(folder: Path) -> None:
    """Run the lab in this directory until it is ended, or until its owner is gone."""
    blueprint = Blueprint.load(folder)
    if blueprint is None:
        sys.exit(f"no lab in {folder}")
    with lock_file(folder).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(str(os.getpid()))
        lock.flush()
        _prepare_namespace()
        programs = control_plane.commands(blueprint).items()
        parts: list[Part] = [Program(blueprint, name, command) for name, command in programs]
        parts += [Machine(blueprint, node) for node in blueprint.nodes]
        _run(parts)


def lock_file(folder: Path) -> Path:
    """Return the file that a living keeper holds locked, with its process ID in it."""
    return folder / "keeper.lock"


def keeper_of(folder: Path) -> int | None:
    """Return the process ID of the directory's living keeper."""
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
    """Mount a tmpfs for systemd-nspawn, like a /run on tmpfs."""
    place = Path("/run/systemd/nspawn")
    place.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], check=True)


def _run(parts: list[Part]) -> None:
    told_to_end = False

    def end(*_: object) -> None:
        nonlocal told_to_end
        told_to_end = True

    signal.signal(signal.SIGTERM, end)
    # The owner holds the other end of standard input, until it releases the keeper.
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
