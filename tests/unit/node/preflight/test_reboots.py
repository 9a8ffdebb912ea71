"""Whether a node can be rebooted is known before it is drained for a reboot."""

from pathlib import Path

import pytest
from machineconfig_node.base.errors import NodeError, TransientError
from machineconfig_node.preflight import reboots
from machineconfig_node.record.node_record import load

from tests.unit.node.build import manifest, read, unit
from tests.unit.node.conftest import RUNTIME_UNITS, UNITS, VENDOR_UNITS, Systemd

CHAIN = (
    "reboot.target",
    "systemd-reboot.service",
    "shutdown.target",
    "umount.target",
    "final.target",
)
BLOCKED = 'a(ssssuu) 1 "shutdown:sleep" "fwupd" "flashing" "block" 0 73'


@pytest.fixture(autouse=True)
def vendor(disk: Path) -> Path:
    """The folder with systemd's own units."""
    folder = disk / VENDOR_UNITS
    folder.mkdir(parents=True)
    for name in CHAIN:
        (folder / name).write_text("[Unit]\n")
    return folder


def refusal(folder: str, *units: dict[str, object]) -> NodeError | None:
    """Return why the node could not be rebooted with these units."""
    try:
        reboots.validate(read(folder, manifest(units=units)), load(folder))
    except NodeError as error:
        return error
    return None


def test_a_node_with_the_units_of_systemd_can_be_rebooted(folder: str) -> None:
    assert refusal(folder) is None


@pytest.mark.parametrize("name", CHAIN)
def test_a_mask_that_an_administrator_made_is_named_with_its_remedy(
    folder: str, disk: Path, name: str
) -> None:
    (disk / UNITS / name).symlink_to("/dev/null")

    said = refusal(folder)

    assert said
    assert said.cause == f"the node cannot be rebooted: {name} is masked by {disk / UNITS / name}"
    assert said.remedy == f"run `systemctl unmask {name}` on the node"


def test_a_mask_until_the_next_boot_needs_another_command(folder: str, disk: Path) -> None:
    (disk / RUNTIME_UNITS).mkdir(parents=True)
    (disk / RUNTIME_UNITS / "reboot.target").symlink_to("/dev/null")

    said = refusal(folder)

    assert said
    assert said.remedy == "run `systemctl unmask --runtime reboot.target` on the node"


def test_a_mask_that_the_config_brings_is_refused(folder: str) -> None:
    said = refusal(folder, unit("reboot.target", mask=True))

    assert said
    assert said.cause.endswith("reboot.target is masked by the MachineConfig")


def test_a_mask_that_the_config_removes_is_no_problem(folder: str, disk: Path) -> None:
    (disk / UNITS / "reboot.target").symlink_to("/dev/null")

    assert refusal(folder, unit("reboot.target", mask=False)) is None


def test_a_missing_unit_is_named(folder: str, vendor: Path) -> None:
    (vendor / "final.target").unlink()

    said = refusal(folder)

    assert said
    assert said.cause == "the node cannot be rebooted: final.target does not exist"


def test_a_blocking_inhibitor_is_waited_for(folder: str, units: Systemd) -> None:
    units.logind = {"call": BLOCKED}

    said = refusal(folder)

    assert isinstance(said, TransientError)
    assert said.cause.endswith("blocked by the inhibitor fwupd (flashing)")


def test_a_scheduled_poweroff_is_not_replaced_by_a_reboot(folder: str, units: Systemd) -> None:
    units.logind = {"get-property": 'b false (st) "poweroff" 1795868417605190'}

    said = refusal(folder)

    assert isinstance(said, TransientError)
    assert "a poweroff of the node is scheduled for 2026-11-28 12:20:17 UTC" in said.cause


def test_a_scheduled_reboot_is_replaced_by_the_earlier_one(folder: str, units: Systemd) -> None:
    units.logind = {"get-property": 'b false (st) "reboot" 1795868417605190'}

    assert refusal(folder) is None
