"""The watchdog is started before the first change, and removed without a trace."""

import errno
import pwd
import subprocess
import sys
from pathlib import Path

import pytest
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.base.errors import NodeError
from machineconfig_node.filesystem import durable
from machineconfig_node.manifest import desired_state
from machineconfig_node.record.node_record import load
from machineconfig_node.rollback import confirmation, journal_file, watchdog

from tests.unit.node.build import file, manifest
from tests.unit.node.conftest import UNITS, Systemd

BOOT = "boot-1"


def apply(folder: str, disk: Path) -> None:
    wanted = desired_state.read(manifest(file(disk / "a")))
    transaction = Transaction(folder, load(folder), wanted, BOOT)
    transaction.run([], lambda: watchdog.start(folder, 600))


def left(folder: str, watchdog_folder: Path) -> list[Path]:
    return [*watchdog_folder.rglob("*"), *Path(folder).glob("revert")]


def timer(watchdog_folder: Path) -> str:
    return (watchdog_folder / "units" / "machine-config-revert.timer").read_text()


def test_the_watchdog_is_active_in_later_boots_too(
    folder: str, disk: Path, watchdog_folder: Path
) -> None:
    apply(folder, disk)

    assert confirmation.is_pending(folder)
    assert "OnActiveSec=600\n" in timer(watchdog_folder)


def test_no_broken_target_or_cycle_can_keep_the_watchdog_from_starting(
    folder: str, disk: Path, watchdog_folder: Path
) -> None:
    apply(folder, disk)

    units = watchdog_folder / "units"
    texts = [
        (units / f"machine-config-revert.{kind}").read_text().splitlines()
        for kind in ("service", "timer")
    ]
    for lines in texts:
        assert {"DefaultDependencies=no", "IgnoreOnIsolate=yes"} <= {*lines}
        assert not [each for each in lines if each.startswith(("After=", "Before=", "Requires="))]
    wanted = (units / "target.d" / "machine-config-revert.conf").read_text()
    assert (
        wanted == "[Unit]\nWants=machine-config-revert.timer machine-config-revert-boots.service\n"
    ), "by every target"


def test_a_systemd_without_drop_ins_for_all_targets_starts_the_watchdog_too(
    folder: str, disk: Path, watchdog_folder: Path
) -> None:
    apply(folder, disk)

    units = watchdog_folder / "units"
    for name in ("machine-config-revert.timer", "machine-config-revert-boots.service"):
        for target in ("sysinit.target", "emergency.target"):
            assert (units / f"{target}.wants" / name).resolve() == units / name


@pytest.mark.parametrize(
    "around",
    ["service.d", "machine-.service.d", "machine-config-.service.d", "timer.d"],
)
def test_drop_ins_for_other_units_do_not_apply_to_the_watchdog(
    folder: str, disk: Path, watchdog_folder: Path, around: str
) -> None:
    there = disk / UNITS / around / "10-there.conf"
    there.parent.mkdir()
    there.touch()
    managed = disk / UNITS / around / "20-managed.conf"

    wanted = desired_state.read(manifest(file(managed)))
    Transaction(folder, load(folder), wanted, BOOT).run([], lambda: watchdog.start(folder, 600))

    kind = around.rsplit(".", 2)[-2]
    for unit in ("machine-config-revert", "machine-config-revert-now"):
        masks = watchdog_folder / "units" / f"{unit}.{kind}.d"
        found = {each.name: str(each.readlink()) for each in masks.iterdir()}
        assert found == {"10-there.conf": "/dev/null", "20-managed.conf": "/dev/null"}
    confirmation.confirm(folder)
    assert left(folder, watchdog_folder) == []


def test_a_deleted_user_with_managed_keys_does_not_stop_the_watchdog(
    folder: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = desired_state.read(manifest(keys=("ssh-rsa OURS",)))
    Transaction(folder, load(folder), wanted, BOOT).run([], lambda: None)

    def gone(name: str) -> None:
        raise KeyError(name)

    monkeypatch.setattr(pwd, "getpwnam", gone)

    apply(folder, disk)

    assert confirmation.is_pending(folder)


def test_a_watchdog_of_an_earlier_version_is_removed(
    folder: str, disk: Path, watchdog_folder: Path
) -> None:
    apply(folder, disk)
    links = watchdog_folder / "earlier" / "wants"
    links.mkdir(parents=True)
    for path in (links / "machine-config-revert.timer", Path(folder, "revert", "go_back.py")):
        path.touch()
    for kind in ("timer", "service"):
        (watchdog_folder / "earlier" / f"machine-config-revert.{kind}").touch()

    confirmation.confirm(folder)

    assert [each for each in left(folder, watchdog_folder) if not each.is_dir()] == []


def test_the_watchdog_runs_a_copy_of_the_code_on_the_node(
    folder: str, disk: Path, watchdog_folder: Path
) -> None:
    apply(folder, disk)

    archive = f"{watchdog_folder}/program/machineconfig_node.zip"
    program = f"import sys; sys.path = [{archive!r}, *sys.path]; "
    program += "from machineconfig_node.rollback import by_watchdog; print(by_watchdog.__file__)"
    said = subprocess.run(
        [sys.executable, "-I", "-B", "-c", program], capture_output=True, text=True, check=True
    )

    assert said.stdout == f"{archive}/machineconfig_node/rollback/by_watchdog.py\n"


def test_a_confirmation_removes_the_watchdog_without_a_daemon_reload(
    folder: str, disk: Path, watchdog_folder: Path, units: Systemd
) -> None:
    apply(folder, disk)

    assert confirmation.confirm(folder)

    assert left(folder, watchdog_folder) == []
    assert not confirmation.is_pending(folder)
    assert "daemon-reload" not in units.did


def test_watchdog_units_that_the_manager_has_loaded_are_unloaded(
    folder: str, disk: Path, units: Systemd
) -> None:
    apply(folder, disk)
    units.in_memory = {"machine-config-revert.*"}

    confirmation.confirm(folder)

    assert units.did[-1] == "daemon-reload"


def test_a_retrying_watchdog_is_stopped_by_a_confirmation_but_not_by_itself(
    folder: str, disk: Path, units: Systemd
) -> None:
    apply(folder, disk)
    units.stopped.clear()
    confirmation.confirm(folder, by_watchdog=True)
    assert not [each for each in units.stopped if each.endswith(".service")]

    confirmation.confirm(folder)

    assert "machine-config-revert-now.service" in units.stopped


def test_a_failed_apply_removes_its_watchdog(
    folder: str, disk: Path, watchdog_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: str) -> None:
        raise OSError(errno.ENOSPC, f"No space left on device: {path}")

    wanted = desired_state.read(manifest(file(disk / "a"), file(disk / "b" / "c")))
    transaction = Transaction(folder, load(folder), wanted, BOOT)
    demand = watchdog.start

    def guard() -> None:
        demand(folder, 600)
        monkeypatch.setattr(durable, "make_folders", full)

    with pytest.raises(NodeError, match="everything was rolled back"):
        transaction.run([], guard)

    assert left(folder, watchdog_folder) == []


def test_pending_actions_after_a_confirmation_start_the_watchdog_again(
    folder: str, disk: Path, watchdog_folder: Path
) -> None:
    apply(folder, disk)
    confirmation.confirm(folder)

    assert watchdog.renew(folder)

    assert confirmation.is_pending(folder)
    assert "OnActiveSec=600\n" in timer(watchdog_folder)


def test_without_a_journal_no_watchdog_is_started(
    folder: str, disk: Path, watchdog_folder: Path
) -> None:
    assert not watchdog.renew(folder)
    apply(folder, disk)
    confirmation.confirm(folder)
    journal_file.discard(folder)

    assert not watchdog.renew(folder)
    assert left(folder, watchdog_folder) == []
