"""The paths that a change writes and restores include the links of enablement."""

from pathlib import Path

from machineconfig_node.preflight import changes
from machineconfig_node.record.node_record import load

from tests.unit.node.build import INSTALLED, manifest, read, unit
from tests.unit.node.conftest import UNITS

LINK = "multi-user.target.wants/a.service"


def of(folder: str, *units: dict[str, object]) -> changes.Changes:
    return changes.of(read(folder, manifest(units=units)), load(folder), folder)


def test_the_links_that_enable_a_new_unit_belong_to_the_change(folder: str, disk: Path) -> None:
    found = of(folder, unit("a.service", contents=INSTALLED, enabled=True))

    assert [each.path for each in found.links] == [str(disk / UNITS / LINK)]
    assert set(found.places) == {str(disk / UNITS / each) for each in ("a.service", LINK)}


def test_links_that_exist_already_do_not(folder: str, disk: Path) -> None:
    (disk / UNITS / "multi-user.target.wants").mkdir()
    (disk / UNITS / LINK).symlink_to("/etc/systemd/system/a.service")

    found = of(folder, unit("a.service", contents=INSTALLED, enabled=True))

    assert found.links == []


def test_links_of_a_unit_that_leaves_the_config_are_restored(folder: str, disk: Path) -> None:
    link = str(disk / UNITS / LINK)
    record = load(folder)
    (disk / UNITS / "multi-user.target.wants").mkdir()
    (disk / UNITS / LINK).symlink_to("/etc/systemd/system/a.service")
    entry = {"kind": "unit", "name": "a.service", "type": "link"}
    entry["target"] = "/etc/systemd/system/a.service"
    record.links[link] = {**entry, "original": {"type": "absent"}}
    record.save(folder)

    found = of(folder)

    assert found.restored_links == [link]
    assert found.original(link) == {"type": "absent"}
    assert found.paths == []
    assert found.places == [link]
