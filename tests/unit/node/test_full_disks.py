"""A full, read-only or broken disk fails a step with path, cause and remedy.

The node is unchanged, and the step succeeds after the disk was fixed.
"""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.base import os_errors
from machineconfig_node.base.errors import NodeError
from machineconfig_node.record import lock, node_record
from machineconfig_node.record.node_record import load
from machineconfig_node.restore import stored_contents
from machineconfig_node.rollback import by_run, confirmation, journal_file, rollback, watchdog
from machineconfig_node.services import pending_actions

from tests.unit.node.build import INSTALLED, file, manifest, read, unit
from tests.unit.node.conftest import UNITS

BOOT = "boot-1"
RESTART = {"type": "Restart", "restart": {"serviceName": "other.service"}}
Step = Callable[[str, Path], None]


@pytest.fixture(autouse=True)
def _boot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_record, "boot_id", lambda: BOOT)


def claim(folder: str, _: Path) -> None:
    with lock.locked(folder):
        found = load(folder)
        found.claim("run-2", 1)
        rollback.roll_back_interrupted(folder, found, BOOT)
        stored_contents.remove_unused(folder, found)
        found.save(folder)


def apply(folder: str, disk: Path) -> None:
    wanted = manifest(
        file(disk / "managed" / "a"),
        file(disk / "managed" / "new" / "b"),
        units=(unit("a.service", contents=INSTALLED, enabled=True),),
        keys=("ssh-rsa OURS",),
    )
    work = Transaction(folder, load(folder), read(folder, wanted), BOOT)
    work.run([RESTART], lambda: watchdog.start(folder, 600))


def services(folder: str, _: Path) -> None:
    pending_actions.perform(folder, load(folder), BOOT)


def confirm(folder: str, _: Path) -> None:
    confirmation.confirm(folder)


def settle(folder: str, _: Path) -> None:
    found = load(folder)
    found.debts = None
    found.save(folder)
    journal_file.discard(folder)
    stored_contents.remove_unused(folder, found)


def roll_back(folder: str, _: Path) -> None:
    by_run.roll_back(folder, load(folder), "why")


# The places where each step writes, and can fail.
STEPS: dict[Step, set[str]] = {
    claim: {"record"},
    apply: {"record", "managed", UNITS, "watchdog", "home"},
    services: {"record"},
    confirm: {"record"},
    settle: {"record"},
    roll_back: {"record", "managed"},
}
PLACES = ["record", "managed", UNITS, "watchdog", "home"]
FAULTS = {
    errno.ENOSPC: ("its file system is full", "free disk space"),
    errno.EDQUOT: ("quota", "raise the quota"),
    errno.EROFS: ("is read-only", "mount it writable"),
    errno.EIO: ("its disk has failed", "replace the disk"),
    errno.EPERM: ("changing it is not permitted", "`lsattr`"),
    errno.EACCES: ("access to it is not permitted", "audit log"),
    errno.EMFILE: ("too many files are open", "raise the limit"),
    errno.ENFILE: ("too many files are open on the node", "fs.file-max"),
    errno.ENOMEM: ("no memory left", "free memory"),
    errno.EISDIR: ("something else is in its place", "remove it"),
    errno.ELOOP: ("something else is in its place", "remove it"),
}


def where(call: str, words: tuple[object, ...], options: dict[str, object]) -> str:
    """Return the absolute path of a call."""
    folder = options.get("dir_fd", options.get("dst_dir_fd"))
    if call == "fsync":
        return os.readlink(f"/proc/self/fd/{words[0]}")  # noqa: PTH115 - of a descriptor
    path = str(words[1] if call == "rename" else words[0])
    return path if folder is None else os.readlink(f"/proc/self/fd/{folder}") + f"/{path}"  # noqa: PTH115 - same


def broken(patch: pytest.MonkeyPatch, call: str, place: str, code: int) -> None:
    """Fail the call for everything below the place."""
    real = getattr(os, call)

    def fail(*words: object, **options: object) -> object:
        if where(call, words, options).startswith(f"{place}/"):
            raise OSError(code, os.strerror(code))
        return real(*words, **options)

    patch.setattr(os, call, fail)


def tree(*tops: str) -> dict[str, bytes]:
    """Return everything on the node, except what only the next call removes."""
    found: Iterator[Path] = (each for top in tops for each in Path(top).rglob("*"))
    return {
        str(each): each.read_bytes() if each.is_file() else b""
        for each in found
        if each.name not in {"lock", "journal.json"} and each.parent.name != "originals"
    }


@pytest.mark.parametrize(("call", "code"), [("mkdir", errno.ENOSPC), ("rename", errno.EROFS)])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_a_step_fails_completely_and_reports_the_cause(  # noqa: PLR0913 - a table
    folder: str, disk: Path, tmp_path: Path, step: Step, place: str, call: str, code: int
) -> None:
    (disk / "managed").mkdir()
    (disk / "managed" / "a").write_text("before")
    top = str(disk / place if place in {"managed", UNITS} else tmp_path / place)
    if step not in {claim, apply}:
        apply(folder, disk)
    before = tree(str(disk), str(tmp_path / "home"), folder)
    said = None

    with pytest.MonkeyPatch.context() as patch:
        broken(patch, call, top, code)
        try:
            step(folder, disk)
        except OSError as error:
            said = os_errors.to_node_error(error)
        except NodeError as error:
            said = error

    assert bool(said) == (place in STEPS[step])
    if said:
        cause, remedy = FAULTS[code]
        assert cause in said.cause
        assert remedy in said.remedy or "could not be rolled back" in said.cause
        assert top in said.cause
        if step is not roll_back:
            assert tree(str(disk), str(tmp_path / "home"), folder) == before
        step(folder, disk)


@pytest.mark.parametrize("code", FAULTS, ids=errno.errorcode.get)
def test_a_system_error_is_reported_with_path_cause_and_remedy(code: int) -> None:
    cause, remedy = FAULTS[code]

    said = os_errors.to_node_error(OSError(code, os.strerror(code), "/etc/a"))

    assert said.cause.startswith("/etc/a: ")
    assert cause in said.cause
    assert os.strerror(code) in said.cause
    assert remedy in said.remedy


def test_missing_inodes_are_not_reported_as_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = SimpleNamespace(f_files=100, f_ffree=0)
    monkeypatch.setattr(os, "statvfs", lambda _: counts)

    said = os_errors.to_node_error(OSError(errno.ENOSPC, "No space left on device", "/etc/a"))

    assert "has no inodes left" in said.cause
    assert "`df -i`" in said.remedy
