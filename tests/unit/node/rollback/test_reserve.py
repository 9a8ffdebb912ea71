"""A rollback works on a file system whose inodes are used up, by a reserve of its own."""

import errno
import os
from pathlib import Path

import pytest
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.manifest import desired_state
from machineconfig_node.record import node_record
from machineconfig_node.record.node_record import load
from machineconfig_node.rollback import by_watchdog, confirmation, watchdog
from machineconfig_node.ssh import recent_logins

from tests.unit.node.build import file, manifest

BOOT = "boot-1"


@pytest.fixture(autouse=True)
def _boot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_record, "boot_id", lambda: BOOT)
    monkeypatch.setattr(recent_logins, "describe", lambda _: iter(()))


def apply(folder: str, *files: dict[str, object]) -> None:
    wanted = desired_state.read(manifest(*files))
    transaction = Transaction(folder, load(folder), wanted, BOOT)
    transaction.run([], lambda: watchdog.start(folder, 600))


def used_up(patch: pytest.MonkeyPatch, top: Path) -> None:
    """Permit no more files and folders below `top` than there are."""
    most = len([*top.rglob("*")])

    def limited(call: str) -> None:
        real = getattr(os, call)

        def create(*words: object, **options: object) -> object:
            creates = call != "open" or int(str(words[1])) & os.O_EXCL
            if creates and len([*top.rglob("*")]) >= most:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*words, **options)

        patch.setattr(os, call, create)

    for call in ("mkdir", "open", "symlink"):
        limited(call)


@pytest.mark.usefixtures("watchdog_folder")
def test_a_rollback_replaces_and_creates_files_without_an_inode_left(
    folder: str, disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced = disk / "replaced"
    replaced.write_text("before")
    removed = [disk / "folder" / str(number) for number in range(50)]
    apply(folder, *(file(path, b"before") for path in removed))
    confirmation.confirm(folder)
    apply(folder, file(replaced, b"ours"))
    assert not [path for path in removed if path.exists()]
    used_up(monkeypatch, tmp_path)

    by_watchdog.main(folder)

    assert [path for path in (replaced, *removed) if path.read_text() != "before"] == []
