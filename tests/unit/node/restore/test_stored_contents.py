"""The contents of originals are kept as long as they can be restored, and no longer."""

import os
from pathlib import Path

import pytest
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.base.errors import NodeError
from machineconfig_node.record.node_record import load
from machineconfig_node.restore import stored_contents
from machineconfig_node.rollback import journal_file

from tests.unit.node import renames
from tests.unit.node.build import file, manifest, read


def apply(folder: str, *files: dict[str, object]) -> None:
    Transaction(folder, load(folder), read(folder, manifest(*files)), "boot-1").run([])


def sweep(folder: str) -> int:
    stored_contents.remove_unused(folder, load(folder))
    return len(set(os.listdir(f"{folder}/originals")) - {"index.json"})  # noqa: PTH208 - only counted


def test_a_stored_content_is_removed_after_its_restore_is_settled(folder: str, disk: Path) -> None:
    (disk / "a").write_text("before")
    apply(folder, file(disk / "a"))
    journal_file.discard(folder)
    assert sweep(folder) == 1

    apply(folder)
    assert sweep(folder) == 1, "for the way back"
    journal_file.discard(folder)

    assert (disk / "a").read_text() == "before"
    assert sweep(folder) == 0


def test_a_stored_content_is_kept_while_its_original_is_not_restored(
    folder: str, disk: Path
) -> None:
    (disk / "a").write_text("before")
    apply(folder, file(disk / "a"))
    (disk / "a").write_text("theirs")
    apply(folder)
    journal_file.discard(folder)

    assert sweep(folder) == 1


def test_the_stored_contents_of_a_failed_apply_are_removed(
    folder: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(folder).save(folder)
    (disk / "a").write_text("before")

    def full(path: str) -> None:
        if path == str(disk / "a"):
            raise OSError(28, "No space left on device")

    renames.before_each(monkeypatch, full)
    with pytest.raises(NodeError, match="everything was rolled back"):
        apply(folder, file(disk / "a"))

    assert sweep(folder) == 0
