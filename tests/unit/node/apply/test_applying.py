"""An apply changes the node only if it is unchanged since the preview."""

from pathlib import Path
from typing import Any

import pytest
from machineconfig_node.apply import applying, preview
from machineconfig_node.comparison import compare
from machineconfig_node.manifest import desired_state
from machineconfig_node.record import node_record

from tests.unit.node.build import file, manifest

RESTART = {"type": "Restart", "restart": {"serviceName": "a.service"}}


@pytest.fixture(autouse=True)
def _record_of_the_test(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for each in (applying, preview):
        monkeypatch.setattr(each, "FOLDER", folder)


def decided(folder: str, wanted: desired_state.DesiredState) -> dict[str, Any]:
    """Preview the change, and decide that it requires a restart."""
    looked = preview.preview(node_record.load(folder), wanted, compare.of_disk(wanted))
    asked = {"actions": [RESTART], "confirm_timeout": 600, "again": False, "attempt": ""}
    return {"fingerprint": looked["fingerprint"], **asked}


def test_a_node_that_is_unchanged_since_the_preview_is_changed(folder: str, disk: Path) -> None:
    wanted = desired_state.read(manifest(file(disk / "a.conf", b"new")))
    (disk / "a.conf").write_text("old")

    done = applying.apply(node_record.load(folder), wanted, decided(folder, wanted))

    assert (disk / "a.conf").read_text() == "new"
    assert done["outstanding"] == [RESTART]


def test_a_node_that_changed_since_the_preview_is_left_alone_and_returns_its_differences(
    folder: str, disk: Path
) -> None:
    wanted = desired_state.read(manifest(file(disk / "a.conf"), file(disk / "b.conf")))
    (disk / "b.conf").write_bytes(b"ours")
    at_first = decided(folder, wanted)
    (disk / "b.conf").write_text("another user's")

    done = applying.apply(node_record.load(folder), wanted, at_first)

    assert not (disk / "a.conf").exists()
    assert (disk / "b.conf").read_text() == "another user's"
    assert [each["name"] for each in done["differences"]] == [
        str(disk / "a.conf"),
        str(disk / "b.conf"),
    ]
    assert node_record.load(folder).debts is None
