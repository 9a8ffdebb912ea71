"""`mask: false` removes a mask while a config contains it, and nothing but masks."""

from pathlib import Path
from typing import Any

import pytest
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.comparison import compare
from machineconfig_node.record.node_record import load

from tests.unit.node.build import INSTALLED, manifest, read, unit
from tests.unit.node.conftest import UNITS, VENDOR_UNITS

UNMASKED = unit("a.service", mask=False)
MASKED = unit("a.service", mask=True)


@pytest.fixture
def place(disk: Path) -> Path:
    """The path of a mask of the unit."""
    return disk / UNITS / "a.service"


def apply(folder: str, *units: dict[str, Any]) -> None:
    Transaction(folder, load(folder), read(folder, manifest(units=units)), "boot").run([])


def waits(folder: str, *units: dict[str, Any]) -> list[compare.Difference]:
    wanted, found = read(folder, manifest(units=units)), load(folder)
    return [
        *compare.of_disk(wanted),
        *compare.of_record(wanted, found),
        *compare.to_remove(wanted, found),
    ]


def test_a_removed_mask_stays_removed_until_its_original_is_restored(
    folder: str, place: Path
) -> None:
    place.symlink_to("/dev/null")
    assert [each.what for each in waits(folder, UNMASKED)][:1] == ["masked"]

    for _ in range(3):
        apply(folder, UNMASKED)
        assert not place.is_symlink()
        assert waits(folder, UNMASKED) == []

    apply(folder)
    assert str(place.readlink()) == "/dev/null"


def test_a_masked_unit_can_be_enabled_with_mask_false(folder: str, disk: Path, place: Path) -> None:
    (disk / VENDOR_UNITS).mkdir(parents=True)
    (disk / VENDOR_UNITS / "a.service").write_text(INSTALLED)
    place.symlink_to("/dev/null")
    asked = UNMASKED | {"enabled": True}
    wants = disk / UNITS / "multi-user.target.wants" / "a.service"
    assert read(folder, manifest(units=(unit("a.service", enabled=True),))).refused

    for _ in range(3):
        assert not read(folder, manifest(units=(asked,))).refused
        apply(folder, asked)
        assert wants.is_symlink()
        assert waits(folder, asked) == []


@pytest.mark.parametrize("before", ["[Service]\n", None])
def test_a_managed_mask_is_removed_and_its_original_restored(
    folder: str, place: Path, before: str | None
) -> None:
    if before:
        place.write_text(before)
    apply(folder, MASKED)

    apply(folder, UNMASKED)

    assert (place.read_text() if place.exists() else None) == before
    assert not place.is_symlink()
    assert waits(folder, UNMASKED) == []


@pytest.mark.parametrize("earlier", [MASKED, unit("a.service", contents=INSTALLED)])
def test_a_mask_that_a_managed_mask_replaced_is_not_restored(
    folder: str, place: Path, earlier: dict[str, Any]
) -> None:
    place.symlink_to("/dev/null")
    apply(folder, earlier)

    for _ in range(2):
        apply(folder, UNMASKED)
        assert not place.exists()
        assert not place.is_symlink()
        assert waits(folder, UNMASKED) == []


def test_a_mask_that_is_set_again_by_hand_is_drift(folder: str, place: Path) -> None:
    place.symlink_to("/dev/null")
    apply(folder, UNMASKED)
    place.symlink_to("/dev/null")

    assert [(each.name, each.what) for each in waits(folder, UNMASKED)] == [("a.service", "masked")]


@pytest.mark.parametrize("managed", [False, True])
def test_a_unit_file_is_not_removed_as_a_mask(
    folder: str,
    place: Path,
    managed: bool,  # noqa: FBT001 - of a row
) -> None:
    if managed:
        place.symlink_to("/dev/null")
        apply(folder, UNMASKED)
    place.symlink_to("/lib/systemd/system/b.service")

    for _ in range(2):
        apply(folder, UNMASKED)
        assert str(place.readlink()) == "/lib/systemd/system/b.service"
    assert waits(folder, UNMASKED) == []
