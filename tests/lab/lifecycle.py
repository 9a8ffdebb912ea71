"""How a lab is created in a directory, and removed from it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from tests.lab import control_plane, kubelet, machine, ssh
from tests.lab.addresses import take_slot
from tests.lab.binaries import binaries
from tests.lab.blueprint import Blueprint, Node
from tests.lab.images import image
from tests.lab.keeper import STAY, Switch, keeper_of
from tests.lab.parallel import at_once
from tests.lab.report import LabError
from tests.lab.system import require_packages, require_root

_REPOSITORY = Path(__file__).parents[2]
_PATIENCE = 10.0


def fill_caches(
    nodes: tuple[Node, ...], *, cluster: bool = True
) -> tuple[Path | None, dict[str, str]]:
    """Build what labs share, if it is missing: the programs, and the images of these nodes."""
    require_root()
    require_packages()
    suites = sorted({node.suite for node in nodes})
    jobs: dict[str, Callable[[], Path]] = {suite: partial(image, suite) for suite in suites}
    made = at_once({**jobs, "programs": binaries} if cluster else jobs)
    return made.get("programs"), {suite: str(made[suite]) for suite in suites}


def begin(folder: Path, nodes: tuple[Node, ...], *, cluster: bool) -> "subprocess.Popen[bytes]":
    """Prepare the directory and start the keeper; the machines are still switched off."""
    programs, images = fill_caches(nodes, cluster=cluster)
    _clear(folder)
    shutil.rmtree(folder / "logs", ignore_errors=True)
    addresses, slot = take_slot(len(nodes))
    # The keeper inherits the slot's lock, and so holds the slot while it lives.
    with slot:
        blueprint = Blueprint(folder, addresses.slot, nodes, programs, images)
        _furnish(blueprint)
        return _start_keeper(blueprint, slot.fileno())


def end(folder: Path) -> None:
    """End everything, and remove everything except the logs."""
    keeper = keeper_of(folder)
    if keeper is not None:
        os.kill(keeper, signal.SIGTERM)
        patience = time.monotonic() + _PATIENCE
        while keeper_of(folder) == keeper:
            if time.monotonic() > patience:
                # Its children are ended with it.
                os.kill(keeper, signal.SIGKILL)
            time.sleep(0.02)
    if blueprint := Blueprint.load(folder):
        # A killed keeper has not cleaned up.
        for node in blueprint.nodes:
            machine.remove_group(blueprint, node)
    _clear(folder)


def _furnish(blueprint: Blueprint) -> None:
    for part in ("logs", "on", "off"):
        (blueprint.folder / part).mkdir(parents=True, exist_ok=True)
    for node in blueprint.nodes:
        Switch(blueprint.folder, node.name).turn_off()
    if blueprint.binaries:
        (blueprint.folder / "bin").symlink_to(blueprint.binaries)
        control_plane.prepare(blueprint)
        kubelet.prepare(blueprint)
    ssh.prepare(blueprint)
    for node in blueprint.nodes:
        machine.prepare(blueprint, node)
    blueprint.save()


def set_free(keeper: "subprocess.Popen[bytes]") -> None:
    """Let the keeper, and so the lab, outlive this process."""
    if keeper.stdin is not None:
        keeper.stdin.write(STAY)
        keeper.stdin.close()


def _start_keeper(blueprint: Blueprint, slot: int) -> "subprocess.Popen[bytes]":
    """Start the keeper in a mount namespace and a session of its own."""
    command = ["unshare", "--mount", "--propagation=private", "--", sys.executable]
    command += ["-m", "tests.lab", "keep", f"--dir={blueprint.folder}"]
    with (blueprint.logs / "keeper.log").open("wb") as log:
        keeper = subprocess.Popen(
            command,
            cwd=_REPOSITORY,
            # The keeper ends when the last process that holds the other end has ended.
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            pass_fds=[slot],
            start_new_session=True,
        )
    while keeper_of(blueprint.folder) != keeper.pid:
        if keeper.poll() is not None:
            raise LabError("The lab's keeper ended at once", f"Read {blueprint.logs}/keeper.log")
        time.sleep(0.02)
    return keeper


def _clear(folder: Path) -> None:
    with suppress(FileNotFoundError):
        for entry in folder.iterdir():
            if entry.name == "logs":
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
