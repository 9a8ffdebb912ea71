"""A restore by hand restores all originals, and keeps controllers away from the node."""

from pathlib import Path
from typing import Any

import pytest
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.base.errors import NodeError
from machineconfig_node.manifest import desired_state
from machineconfig_node.record.node_record import Record, load
from machineconfig_node.rollback import rollback
from machineconfig_node.services import pending_actions

from tests.unit.node.build import file, manifest, read, unit
from tests.unit.node.conftest import MACHINE_ID, Systemd

BOOT = "boot-1"
NOTHING = desired_state.DesiredState(config="", paths={}, enablement={}, user="", keys=[])
TOMBSTONE = {"by": "admin", "at": "2026-01-02 03:04:05 UTC", "config": "rendered-worker-a"}


def apply(folder: str, given: dict[str, Any]) -> None:
    Transaction(folder, load(folder), read(folder, given), BOOT).run([])


def restore(folder: str, *actions: dict[str, Any]) -> Transaction:
    transaction = Transaction(folder, load(folder), NOTHING, BOOT, TOMBSTONE)
    transaction.run(list(actions))
    return transaction


def test_a_restore_restores_everything_and_leaves_a_tombstone(
    folder: str, disk: Path, home: Path
) -> None:
    (disk / "a").write_bytes(b"the distribution's")
    apply(folder, manifest(file(disk / "a"), file(disk / "new"), keys=("ssh-rsa OURS",)))

    restore(folder)

    found = load(folder)
    assert (disk / "a").read_bytes() == b"the distribution's"
    assert not (disk / "new").exists()
    assert "OURS" not in (home / ".ssh" / "authorized_keys").read_text()
    assert (found.config, found.paths, found.keys) == ("", {}, {})
    assert found.tombstone == TOMBSTONE


def test_a_restore_keeps_paths_that_others_changed_and_reports_them(
    folder: str, disk: Path
) -> None:
    apply(folder, manifest(file(disk / "a")))
    (disk / "a").write_bytes(b"another user's")

    restore(folder)

    assert list(load(folder).unreturned) == [str(disk / "a")]
    assert (disk / "a").read_bytes() == b"another user's"


def test_a_controller_is_refused_with_the_tombstone_and_a_remedy(folder: str, disk: Path) -> None:
    Record(MACHINE_ID).refuse_if_restored()
    apply(folder, manifest(file(disk / "a")))
    restore(folder)

    with pytest.raises(NodeError, match=r"admin .* 03:04:05 UTC.*update\.yml by hand"):
        load(folder).refuse_if_restored()


def test_an_apply_removes_the_tombstone(folder: str, disk: Path) -> None:
    apply(folder, manifest(file(disk / "a")))
    restore(folder)

    apply(folder, manifest(file(disk / "a")))

    assert load(folder).tombstone == {}


def test_a_rollback_of_a_restore_removes_the_tombstone(folder: str, disk: Path) -> None:
    apply(folder, manifest(file(disk / "a")))
    restore(folder)

    rollback.roll_back_committed(folder, load(folder), BOOT, "cut off", cut_off=True)

    assert load(folder).tombstone == {}
    assert load(folder).config == "rendered-worker-a"
    assert (disk / "a").read_bytes() == b"ours"


def test_a_removed_unit_has_no_pending_restart(folder: str, units: Systemd) -> None:
    restart = {"type": "Restart", "restart": {"serviceName": "a.service"}}
    apply(folder, manifest(units=(unit("a.service", contents="[Service]\n"),)))

    restore(folder, restart, {"type": "DaemonReload"})

    assert load(folder).pending(BOOT) == [{"type": "DaemonReload"}]
    assert "a.service" in units.stopped
    assert pending_actions.without([restart], {"b.service"}) == [restart]


def test_an_older_record_is_written_with_the_current_schema(folder: str) -> None:
    old = Record.read({"machine_id": MACHINE_ID, "schema": 1, "debts": None})

    old.save(folder)

    assert load(folder) == Record(MACHINE_ID)
