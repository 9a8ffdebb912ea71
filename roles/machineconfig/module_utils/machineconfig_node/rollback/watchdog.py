"""The watchdog: a timer that rolls back, unless the apply is confirmed over a new SSH connection.

It is active before the first change, in this boot and in later ones. It runs a copy of this
package, because after a lock-out no module can be sent to the node.
"""

from __future__ import annotations

import dataclasses
import io
import os
import subprocess
import sys
import zipfile

from ..base.errors import NodeError
from ..filesystem import (
    durable,
    recorded_mounts,
    reserve,
)
from ..ssh import authorized_keys, login
from ..systemd import unit_paths

# Nothing here calls `by_watchdog`: the import makes Ansible send it, for the watchdog to run.
from . import boot_loop, by_watchdog, confirmation, journal_file, watchdog_units  # noqa: F401
from .journal_file import Journal

_PACKAGE = __name__.rsplit(".", 2)[0]
_PROGRAM = """\
import sys
sys.path.insert(0, {archive!r})
from machineconfig_node.rollback import by_watchdog
begin = by_watchdog.count_boot if sys.argv[1:] == ["boot"] else by_watchdog.main
begin({folder!r}, {mounts!r})
"""
# Neither the environment nor packages of the site decide what the program imports.
_PYTHON_OPTIONS = ("-I", "-S", "-B")


def start(folder: str, seconds: int) -> None:
    """Roll back after `seconds`, counted again from every boot, unless `confirm` is called."""
    confirmation.remove_watchdog()
    journal = journal_file.read(folder)
    folders = confirmation.reserve_folders(folder)
    reserve.keep(folders, _contents(folder), len(_paths(journal)))
    boot_loop.begin(confirmation.PROGRAM)
    _write_program(folder, journal)
    program = _program()
    command = [sys.executable, *_PYTHON_OPTIONS, program]
    _write_units(program, command, seconds, journal)
    _start_timer(watchdog_units.in_this_boot(program, command, seconds))
    current = login.find()
    pending = {"awaits_confirmation": True, "confirm_within": seconds}
    known = {"login": dataclasses.asdict(current)} if current else {}
    journal_file.write(folder, {**(journal or {}), **pending, **known})


def renew(folder: str) -> bool:
    """Start the watchdog again before pending actions; return whether it is active.

    A run that resumes has confirmed only what the earlier run completed.
    """
    journal = journal_file.read(folder)
    if not journal or "confirm_within" not in journal:
        return False
    if not journal["awaits_confirmation"]:
        start(folder, journal["confirm_within"])
    return True


def _write_program(folder: str, journal: Journal | None) -> None:
    """Write the package to the disk, because Ansible removes its archive after the run."""
    archive = os.path.join(confirmation.PROGRAM, "machineconfig_node.zip")
    durable.make_folders(archive, 0o700)
    durable.write_file(archive, _archived(), 0o600, 0, 0)
    mounts = [tuple(each) for each in recorded_mounts.of([folder, *_paths(journal)])]
    text = _PROGRAM.format(archive=archive, folder=folder, mounts=mounts)
    durable.write_file(_program(), text.encode(), 0o600, 0, 0)


def _write_units(program: str, command: list[str], seconds: int, journal: Journal | None) -> None:
    masks = dict.fromkeys(watchdog_units.masked_drop_ins(_paths(journal)), unit_paths.MASK)
    for link, target in {**masks, **watchdog_units.links()}.items():
        durable.make_folders(link)
        durable.write_link(link, target)
    for path, text in watchdog_units.of_later_boots(program, command, seconds).items():
        durable.make_folders(path)
        durable.write_file(path, text.encode(), 0o644, 0, 0)


def _paths(journal: Journal | None) -> list[str]:
    """Return all paths that a rollback writes."""
    if journal is None:
        return []
    users = filter(authorized_keys.user_exists, journal["keys"])
    return [*journal["images"], *map(authorized_keys.path_of, users)]


def _contents(folder: str) -> int:
    """Return the size of all contents that a rollback writes."""
    with os.scandir(os.path.join(folder, "transaction")) as found:
        return sum(each.stat().st_size for each in found)


def _archived() -> bytes:
    """Return the package as an archive from which Python can import it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, module in list(sys.modules.items()):
            if name == _PACKAGE or name.startswith(f"{_PACKAGE}."):
                loader = getattr(module, "__loader__", None)
                source = loader.get_source(name) if loader else ""
                path = f"machineconfig_node{name[len(_PACKAGE) :]}".replace(".", "/")
                file = f"{path}/__init__.py" if hasattr(module, "__path__") else f"{path}.py"
                # A fixed date: a clock that was never set is too early for an archive.
                archive.writestr(zipfile.ZipInfo(file), source or "")
    return content.getvalue()


def _program() -> str:
    return os.path.join(confirmation.PROGRAM, "go_back.py")


def _start_timer(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NodeError(
            f"the watchdog could not be started: {done.stderr.strip()}",
            "fix systemd on the node",
        )
