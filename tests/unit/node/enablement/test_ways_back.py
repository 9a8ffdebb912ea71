"""Whatever a config made of enablement links, every way back restores exactly what was there."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.base.errors import NodeError
from machineconfig_node.comparison import compare
from machineconfig_node.record import node_record
from machineconfig_node.record.node_record import Record, load
from machineconfig_node.rollback import by_run, by_watchdog, confirmation, watchdog

from tests.unit.node.build import INSTALLED, manifest, read, unit
from tests.unit.node.conftest import RUNTIME_UNITS, UNITS, VENDOR_UNITS
from tests.unit.node.enablement.test_enablement import SERVICE, Tree, link, put, tree

ALSO = INSTALLED + "Also=helper.service\n"
REQUIRED = INSTALLED.replace("WantedBy", "RequiredBy")
WITH_ALIAS = INSTALLED + "Alias=other-name.service\n"
AT_ANOTHER_TARGET = INSTALLED.replace("multi-user", "another")

Members = dict[str, Any]
ON: Members = {"enabled": True}
OFF: Members = {"enabled": False}
# Each unit by what becomes of its links: the text of the distribution, and two configs.
UNITS_OF: dict[str, tuple[str, Members, Members]] = {
    "moved.service": ("", {**ON, "contents": INSTALLED}, {**ON, "contents": REQUIRED}),
    "moved-vendor.service": (INSTALLED, ON, {**ON, "contents": REQUIRED}),
    "gets-alias.service": (INSTALLED, ON, {**ON, "contents": WITH_ALIAS}),
    "loses-alias.service": ("", {**ON, "contents": WITH_ALIAS}, {**ON, "contents": INSTALLED}),
    "gets-also.service": (INSTALLED, ON, {**ON, "contents": ALSO}),
    "loses-also.service": (ALSO, ON, {**ON, "contents": INSTALLED}),
    "helper.service": (INSTALLED, {}, {}),
    "template@.service": (INSTALLED, {}, {"contents": AT_ANOTHER_TARGET}),
    "template@x.service": ("", ON, ON),
    "template@y.service": ("", OFF, ON),
    "added-by-hand.service": (REQUIRED, ON, OFF),
    "spelled.service": (INSTALLED, ON, OFF),
    "runtime.service": (INSTALLED, {}, OFF),
    "vendor-link.service": (INSTALLED, {}, OFF),
    "masked.service": (INSTALLED, {}, {**ON, "mask": False}),
    "gets-mask.service": (INSTALLED, ON, {**OFF, "mask": True}),
    "linked.service": ("", {}, ON),
    "name-of-alias.service": ("", {}, {"contents": SERVICE}),
    "upheld.service": (INSTALLED, {}, OFF),
    "dangling.service": ("", {}, OFF),
    "no-longer-said.service": (INSTALLED, ON, {}),
}
# What an administrator, a package or the distribution has linked before.
LINKED = {
    f"{UNITS}/moved-vendor.service.wants/x.service": "/etc/x.service",
    f"{UNITS}/any.target.wants/added-by-hand.service": f"/{VENDOR_UNITS}/added-by-hand.service",
    f"{UNITS}/any.target.wants/template@z.service": "../template@.service",
    f"{UNITS}/multi-user.target.wants/spelled.service": "../../../../lib/systemd/spelled.service",
    f"{RUNTIME_UNITS}/multi-user.target.wants/runtime.service": "/any/runtime.service",
    f"{VENDOR_UNITS}/any.target.wants/vendor-link.service": "../vendor-link.service",
    f"{UNITS}/masked.service": "/dev/null",
    f"{UNITS}/multi-user.target.wants/masked.service": f"/{VENDOR_UNITS}/masked.service",
    f"{UNITS}/linked.service": "/opt/linked.service",
    f"{UNITS}/name-of-alias.service": f"/{VENDOR_UNITS}/helper.service",
    f"{UNITS}/any.target.upholds/upheld.service": f"/{VENDOR_UNITS}/upheld.service",
    f"{UNITS}/any.target.requires/dangling.service": "/nowhere/dangling.service",
}
REBOOT = {"type": "Reboot"}


@pytest.fixture
def boots(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The IDs of the boots until now, the current one last."""
    boots = ["boot-1"]
    monkeypatch.setattr(node_record, "boot_id", lambda: boots[-1])
    return boots


@pytest.fixture
def at_first(disk: Path, boots: list[str]) -> Tree:
    """The node with all of these links, before its first config."""
    assert boots
    for name, (text, _, _) in UNITS_OF.items():
        if text:
            put(disk, f"{VENDOR_UNITS}/{name}", text)
    put(disk, "opt/linked.service", INSTALLED)
    for place, target in LINKED.items():
        link(disk, place, str(disk / target[1:]) if target.startswith("/opt") else target)
    return tree(disk)


@pytest.fixture
def before(folder: str, disk: Path, at_first: Tree) -> Tree:
    """The node with its first config, verified."""
    apply(folder, 1)
    confirmation.confirm(folder)
    record = load(folder)
    record.debts = None
    record.save(folder)
    assert tree(disk) != at_first
    return tree(disk)


def config(number: int) -> dict[str, Any]:
    """Return the config of this number; 0 contains nothing."""
    if not number:
        return manifest(config="")
    units = (
        unit(name, **(second if number == 2 else first))
        for name, (_, first, second) in UNITS_OF.items()
    )
    return manifest(units=tuple(units), config=f"config-{number}")


def apply(folder: str, number: int) -> None:
    wanted = read(folder, config(number))
    assert not wanted.refused
    transaction = Transaction(folder, load(folder), wanted, node_record.boot_id())
    transaction.run([REBOOT], lambda: watchdog.start(folder, 600))


def fail(folder: str) -> None:
    """Apply the second config until its last write, which fails."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Record, "save", full)
        with pytest.raises(NodeError, match="everything was rolled back"):
            apply(folder, 2)


def roll_back_by_run(folder: str) -> None:
    apply(folder, 2)
    by_run.roll_back(folder, load(folder), "why")


def roll_back_by_watchdog(folder: str) -> None:
    apply(folder, 2)
    by_watchdog.main(folder)


@pytest.mark.parametrize("go_back", [fail, roll_back_by_run, roll_back_by_watchdog])
def test_a_rollback_restores_all_links_of_the_config_before(
    folder: str, disk: Path, before: Tree, go_back: Callable[[str], None]
) -> None:
    go_back(folder)

    assert tree(disk) == before
    assert_runs(folder, 1)


def test_a_rollback_after_a_boot_restores_all_links_but_those_until_the_boot(
    folder: str, disk: Path, before: Tree, boots: list[str]
) -> None:
    apply(folder, 2)
    shutil.rmtree(disk / "run")
    boots.append("boot-2")

    by_watchdog.main(folder)

    assert tree(disk) == {path: each for path, each in before.items() if "run/" not in path}
    assert_runs(folder, 1)


@pytest.mark.parametrize("go_back", [fail, roll_back_by_run, roll_back_by_watchdog, None])
def test_without_its_config_the_node_has_all_links_that_it_had_at_first(
    folder: str,
    disk: Path,
    at_first: Tree,
    before: Tree,
    go_back: Callable[[str], None] | None,
) -> None:
    if go_back:
        go_back(folder)
    else:
        apply(folder, 2)
        assert tree(disk) != before

    apply(folder, 0)

    assert tree(disk) == at_first
    assert load(folder).unreturned == {}


def assert_runs(folder: str, number: int) -> None:
    """Assert that the node is on this config, and that the next run has nothing to change."""
    wanted = read(folder, config(number))
    record = load(folder)

    assert record.config == wanted.config
    assert compare.of_disk(wanted) == []
    assert compare.to_remove(wanted, record) == []
    assert compare.differing_paths(record) == []
