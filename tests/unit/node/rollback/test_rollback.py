"""The watchdog rolls back a node without a login, but not one that was confirmed."""

import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.base.errors import NodeError
from machineconfig_node.filesystem import image
from machineconfig_node.manifest import desired_state
from machineconfig_node.record import node_record
from machineconfig_node.record.node_record import load
from machineconfig_node.rollback import by_run, by_watchdog, confirmation, journal_file, watchdog
from machineconfig_node.services import pending_actions
from machineconfig_node.ssh import login, login_problems, recent_logins
from machineconfig_node.ssh.login import Login

from tests.unit.node.build import file, manifest
from tests.unit.node.conftest import Systemd

BOOT = "boot-1"
REBOOT = {"type": "Reboot"}


def restart(unit: str) -> dict[str, Any]:
    return {"type": "Restart", "restart": {"serviceName": unit}}


@pytest.fixture(autouse=True)
def boot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_record, "boot_id", lambda: BOOT)
    monkeypatch.setattr(recent_logins, "describe", lambda _: iter(()))


@pytest.fixture
def applied(folder: str, disk: Path, units: Systemd) -> Path:
    """A file that was changed with the watchdog started; its two services were restarted."""
    path = disk / "a"
    path.write_text("before")
    units.running = {"first.service", "ssh.service"}
    actions = [restart("first.service"), restart("ssh.service")]
    wanted = desired_state.read(manifest(file(path), config="new"))
    transaction = Transaction(folder, load(folder), wanted, BOOT)
    transaction.run(actions, lambda: watchdog.start(folder, 600))
    pending_actions.perform(folder, load(folder), BOOT)
    units.did.clear()
    return path


def restarted(units: Systemd) -> list[str]:
    return [each for each in units.did if each.startswith("restart")]


def test_a_confirmed_node_is_not_rolled_back(folder: str, applied: Path, units: Systemd) -> None:
    confirmation.confirm(folder)

    by_watchdog.main(folder)

    assert applied.read_text() == "ours"
    assert restarted(units) == []
    assert load(folder).reverted == {}


def test_a_file_system_that_is_gone_does_not_keep_the_rest_from_being_rolled_back(
    folder: str, applied: Path, units: Systemd, tmp_path: Path
) -> None:
    gone = (str(tmp_path / "gone"), "ext4", "/dev/nothing", "", "/", "")

    by_watchdog.main(folder, [gone])

    assert applied.read_text() == "before"
    assert "restart ssh.service" in units.did


def test_an_unconfirmed_node_rolls_back_files_and_services_with_the_cause(
    folder: str, applied: Path, units: Systemd
) -> None:
    by_watchdog.main(folder)

    assert applied.read_text() == "before"
    assert restarted(units) == ["restart first.service", "restart ssh.service"]
    assert load(folder).reverted == {
        "config": "new",
        "cause": "no run confirmed it within 600 s",
        "cut_off": True,
        "attempt": "",
        "boot_id": BOOT,
    }
    assert load(folder).pending(BOOT) == []
    assert not Path(folder, "revert").exists()


@pytest.mark.parametrize(
    ("found", "cause"),
    [
        pytest.param(
            lambda _: iter(["sudo asks", "no key"]),
            "no run confirmed it within 600 s: sudo asks; no key",
            id="problems are named",
        ),
        pytest.param(
            lambda _: iter(range(1 // 0)),
            "no run confirmed it within 600 s",
            id="a failure to find it does not stop the rollback",
        ),
    ],
)
def test_the_cause_contains_the_problems_of_the_last_login(
    folder: str,
    disk: Path,
    monkeypatch: pytest.MonkeyPatch,
    found: Callable[[Login], Iterator[str]],
    cause: str,
) -> None:
    who = Login("admin", "192.0.2.9", "192.0.2.1", 22)
    monkeypatch.setattr(login, "find", lambda: who)
    monkeypatch.setattr(login_problems, "find_now", found)
    wanted = desired_state.read(manifest(file(disk / "b", b"ours")))
    transaction = Transaction(folder, load(folder), wanted, BOOT)
    transaction.run([], lambda: watchdog.start(folder, 600))

    by_watchdog.main(folder)

    assert not (disk / "b").exists()
    assert load(folder).reverted["cause"] == cause


@pytest.mark.usefixtures("applied")
def test_a_failing_service_does_not_stop_the_rollback_of_sshd(folder: str, units: Systemd) -> None:
    units.broken = {"first.service"}

    by_watchdog.main(folder)

    assert units.running == {"ssh.service"}
    assert not Path(folder, "revert").exists()


def test_rolling_back_a_booted_config_requires_a_reboot(
    folder: str, applied: Path, units: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_record, "boot_id", lambda: "boot-2")

    by_watchdog.main(folder)

    assert applied.read_text() == "before"
    assert "reboot" in units.did
    assert restarted(units) == []


def test_an_earlier_manual_change_does_not_prevent_the_reboot(
    folder: str, applied: Path, units: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmation.confirm(folder)
    applied.write_text("another user's")
    wanted = desired_state.read(manifest(file(applied, b"newer"), config="newer"))
    transaction = Transaction(folder, load(folder), wanted, BOOT)
    transaction.run([REBOOT], lambda: watchdog.start(folder, 600))
    monkeypatch.setattr(node_record, "boot_id", lambda: "boot-2")

    by_watchdog.main(folder)

    assert applied.read_text() == "another user's"
    assert "reboot" in units.did


def test_an_interrupted_rollback_is_completed_by_the_next_one(
    folder: str, applied: Path, units: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pending_actions, "perform_after_rollback", dies)
        with pytest.raises(KeyboardInterrupt):
            by_watchdog.main(folder)

    by_watchdog.main(folder)

    assert applied.read_text() == "before"
    assert restarted(units) == ["restart first.service", "restart ssh.service"]


def test_an_interrupted_transaction_is_rolled_back_without_restarts(
    folder: str, disk: Path, units: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    wanted = desired_state.read(manifest(file(disk / "a"), config="new"))
    transaction = Transaction(folder, load(folder), wanted, BOOT)
    with monkeypatch.context() as patch:
        patch.setattr(node_record.Record, "save", dies)
        with pytest.raises(KeyboardInterrupt):
            transaction.run([REBOOT], lambda: watchdog.start(folder, 600))
    assert (disk / "a").exists()

    by_watchdog.main(folder)

    assert not (disk / "a").exists()
    assert not {"reboot", "restart"} & {each.split()[0] for each in units.did}
    assert journal_file.read(folder) is None


def test_a_rollback_by_a_run_reports_services_that_failed(
    folder: str, applied: Path, units: Systemd
) -> None:
    units.broken = {"first.service"}

    with pytest.raises(NodeError, match=r"first\.service"):
        by_run.roll_back(folder, load(folder), "why")

    assert applied.read_text() == "before"
    assert units.running == {"ssh.service"}
    assert load(folder).reverted["cut_off"] is False


def test_a_path_that_cannot_be_rolled_back_holds_up_the_others_only_for_a_while(
    folder: str, applied: Path, units: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str, *_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted", path)

    monkeypatch.setattr(image, "restore", refuse)
    for _ in range(9):
        with pytest.raises(NodeError, match="could not be rolled back"):
            by_watchdog.main(folder)
    assert restarted(units) == []

    by_watchdog.main(folder)

    record = load(folder)
    assert record.config == ""
    assert f"not rolled back: {applied}" in record.reverted["cause"]
    assert restarted(units) == ["restart first.service", "restart ssh.service"]
