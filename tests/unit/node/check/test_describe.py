"""The description of a record."""

import pwd
from pathlib import Path
from typing import Any

import pytest
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.check.describe import describe, differences, pending
from machineconfig_node.record.node_record import PendingActions, Record, load
from machineconfig_node.rollback import journal_file, rollback
from machineconfig_node.services import pending_actions

from tests.unit.node.build import INSTALLED, file, manifest, read, unit
from tests.unit.node.conftest import MACHINE_ID, UNITS

BOOT = "boot-1"
REBOOT = {"type": "Reboot"}


def apply(folder: str, given: dict[str, Any], *actions: dict[str, Any]) -> None:
    Transaction(folder, load(folder), read(folder, given), BOOT).run(list(actions))


def said(folder: str, boot: str = BOOT) -> str:
    return "\n".join(describe(load(folder), boot, folder))


def test_a_node_without_a_record_is_described_as_such(folder: str) -> None:
    assert "nothing was ever applied" in said(folder)


def test_the_config_with_its_time_and_serial_comes_first(folder: str, disk: Path) -> None:
    apply(folder, manifest(file(disk / "a")))

    first, second, third = describe(load(folder), BOOT, folder)

    assert first.startswith("current config: rendered-worker-a, since 20")
    assert first.endswith(" UTC, serial 1")
    assert second == "no actions are pending"
    assert third == "the disk matches the record: paths 1, enablement of units 0, SSH keys 0"


def test_pending_actions_are_listed_until_another_boot_has_completed_them(
    folder: str, disk: Path
) -> None:
    restart = {"type": "Restart", "restart": {"serviceName": "a.service"}}
    apply(folder, manifest(file(disk / "a")), REBOOT, restart)

    assert "pending actions: Reboot, Restart a.service" in said(folder)
    assert "no actions are pending" in said(folder, "boot-2")


def test_an_unconfirmed_change_is_described_with_the_time_of_its_rollback(
    folder: str, disk: Path
) -> None:
    apply(folder, manifest(file(disk / "a")))
    journal_file.write(folder, {**(journal_file.read(folder) or {}), "awaits_confirmation": True})

    assert "the node rolls back by itself when the watchdog elapses" in said(folder)


def test_a_rollback_is_described_with_its_config_and_cause(folder: str, disk: Path) -> None:
    apply(folder, manifest(file(disk / "a")))
    apply(folder, manifest(file(disk / "a", b"cuts off"), config="bad"))
    rollback.roll_back_committed(folder, load(folder), BOOT, "nobody could log in", cut_off=True)

    assert "bad was rolled back by the watchdog: nobody could log in" in said(folder)


def test_a_tombstone_is_described_with_user_and_time() -> None:
    buried = Record(MACHINE_ID, serial=3)
    buried.tombstone = {"by": "admin", "at": "2026-01-02 03:04:05 UTC", "config": "a"}

    first = describe(buried, BOOT, "/nowhere")[0]

    assert "admin restored all originals at 2026-01-02 03:04:05 UTC, from a" in first


def test_a_deleted_user_is_listed_and_the_rest_is_described(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(folder, manifest(keys=("ssh-rsa OURS",)))

    def gone(name: str) -> None:
        raise KeyError(name)

    monkeypatch.setattr(pwd, "getpwnam", gone)

    assert "SSH keys of boot (SSH keys are managed for the user boot, who does not exist" in said(
        folder
    )


def test_a_pending_stop_names_its_unit() -> None:
    record = Record(MACHINE_ID, debts=PendingActions(BOOT, pending_actions.stopping(["a.service"])))

    assert pending(record, BOOT) == "pending actions: Stop a.service"


def test_everything_that_differs_from_the_record_is_listed(
    folder: str, disk: Path, home: Path
) -> None:
    given = manifest(
        file(disk / "a"),
        file(disk / "b"),
        units=(unit("a.service", contents=INSTALLED, enabled=True),),
        keys=("ssh-rsa OURS",),
    )
    apply(folder, given)
    (disk / "a").write_bytes(b"another user's")
    (disk / "b").unlink()
    (disk / UNITS / "multi-user.target.wants" / "a.service").unlink()
    (home / ".ssh" / "authorized_keys").write_text("")

    assert differences(load(folder)) == [
        f"{disk}/a (content)",
        f"{disk}/b (missing)",
        "a.service (enablement)",
        "SSH keys of boot (keys)",
    ]
