"""Records and journals of earlier versions, without links, are read and rolled back."""

import dataclasses
import os
from pathlib import Path

import pytest
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.comparison import compare
from machineconfig_node.record.node_record import Record, load
from machineconfig_node.rollback import by_run, journal_file, rollback

from tests.unit.node.build import INSTALLED, enable, file, manifest, read, unit
from tests.unit.node.conftest import MACHINE_ID, UNITS, VENDOR_UNITS

WANTS = f"{UNITS}/multi-user.target.wants"
BOOT = "boot-1"


@pytest.fixture(params=["/lib/systemd/system/a.service", "../a.service"])
def link(request: pytest.FixtureRequest, disk: Path) -> Path:
    """Return the link of an enabled unit, with the distribution's spelling of its target."""
    (disk / VENDOR_UNITS).mkdir(parents=True)
    (disk / VENDOR_UNITS / "a.service").write_text(INSTALLED)
    (disk / WANTS).mkdir()
    (disk / WANTS / "a.service").symlink_to(request.param)
    return disk / WANTS / "a.service"


def test_a_link_with_another_spelling_is_no_difference(folder: str, disk: Path, link: Path) -> None:
    before = link.readlink()
    state = {"before": "enabled", "enabled": True}
    Record(MACHINE_ID, schema=4, config="old", units={"a.service": state}).save(folder)
    assert compare.differing_paths(load(folder)) == []
    given = manifest(file(disk / "x"), units=(unit("a.service", enabled=True),), config="new")
    Transaction(folder, load(folder), read(folder, given), BOOT).run([])

    by_run.roll_back(folder, load(folder), "why")

    assert link.readlink() == before


def journal(folder: str, path: Path, state: str) -> None:
    """Write the journal of an apply that was killed after changing a unit file and its state."""
    images = {str(path): {"type": "absent"}} if state == "not-found" else {}
    journal_file.write(
        folder,
        {
            "serial": 0,
            "record": dataclasses.asdict(load(folder)),
            "actions": [],
            "awaits_confirmation": False,
            "folders": [],
            "images": images,
            "enabled": {path.name: state},
            "keys": {},
        },
    )


@pytest.mark.parametrize("state", ["not-found", "disabled", "static", "masked"])
def test_a_unit_that_was_not_enabled_has_no_links_after_a_rollback(
    folder: str, disk: Path, state: str
) -> None:
    path = disk / UNITS / "a.service"
    path.write_text(INSTALLED)
    journal(folder, path, state)
    enable(disk, "a.service")

    assert rollback.roll_back_interrupted(folder, load(folder), BOOT)

    assert not os.path.lexists(disk / WANTS / "a.service")
    assert path.exists() == (state != "not-found")


@pytest.mark.parametrize("state", ["enabled", "enabled-runtime", "alias"])
def test_a_unit_that_was_enabled_has_its_links_after_a_rollback(
    folder: str, disk: Path, state: str
) -> None:
    path = disk / UNITS / "a.service"
    path.write_text(INSTALLED)
    journal(folder, path, state)

    assert rollback.roll_back_interrupted(folder, load(folder), BOOT)

    assert (disk / WANTS / "a.service").resolve() == Path("/etc/systemd/system/a.service")


def test_links_of_a_unit_that_is_still_enabled_are_kept(folder: str, disk: Path) -> None:
    path = disk / UNITS / "a.service"
    path.write_text(INSTALLED)
    enable(disk, "a.service", "theirs.target")
    journal(folder, path, "enabled")

    assert rollback.roll_back_interrupted(folder, load(folder), BOOT)

    assert not (disk / WANTS).exists()
    assert (disk / UNITS / "theirs.target.wants" / "a.service").is_symlink()


def test_a_journal_without_a_config_belongs_to_the_records_config(folder: str, disk: Path) -> None:
    Transaction(folder, load(folder), read(folder, manifest(file(disk / "a"))), BOOT).run([])
    earlier = journal_file.read(folder) or {}
    del earlier["config"]
    journal_file.write(folder, earlier)

    assert not journal_file.is_of_restore(folder)
    back = rollback.roll_back_committed(folder, load(folder), BOOT, "why", cut_off=True)

    assert back.reverted["config"] == "rendered-worker-a"
