"""After a power cut at any moment, every file is old or new, and no original is lost."""

import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.filesystem import durable
from machineconfig_node.record import node_record
from machineconfig_node.record.node_record import load
from machineconfig_node.rollback import by_watchdog, confirmation, journal_file, rollback, watchdog

from tests.unit.node.build import INSTALLED, file, manifest, read, unit
from tests.unit.node.power import TORN, Content, Disk, Moment, State

BOOT, NEXT_BOOT = "boot-1", "boot-2"
ORIGINAL = b"the distribution's"
REBOOT = {"type": "Reboot"}
NOTHING = manifest(config="nothing")
EXAMPLE = unit(
    "a.service", contents=INSTALLED, enabled=True, dropins=[{"name": "x", "contents": "[Unit]"}]
)


class Node:
    """A node for power cuts, with a distribution's files and a user's key."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.record, self.disk, self.home = (root / name for name in ("record", "disk", "home"))
        self.folder = str(self.record)
        self.old, self.new, self.gone = (self.disk / name for name in ("old", "a/new", "b/gone"))
        self.old.write_bytes(ORIGINAL)
        self.old.chmod(0o640)
        os.setxattr(self.old, "user.origin", b"distribution")
        os.utime(self.old, ns=(1, 1_600_000_000_123_456_789))
        (self.disk / "link").symlink_to("elsewhere")

    def one(self) -> dict[str, Any]:
        return manifest(
            file(self.old), file(self.gone), units=(EXAMPLE,), keys=("ssh-rsa ONE",), config="one"
        )

    def two(self) -> dict[str, Any]:
        return manifest(
            file(self.old, b"ours, newer"),
            file(self.new),
            file(self.disk / "link"),
            keys=("ssh-rsa TWO",),
            config="two",
        )

    def apply(self, given: dict[str, Any], guard: Callable[[], None] = lambda: None) -> None:
        """Apply the manifest."""
        work = Transaction(self.folder, load(self.folder), read(self.folder, given), BOOT)
        work.run([REBOOT], guard)

    def demand(self) -> None:
        """Start the watchdog."""
        watchdog.start(self.folder, 600)

    def claim(self) -> None:
        """Start the next run."""
        node_record.prepare(self.folder)
        found = load(self.folder)
        if rollback.roll_back_interrupted(self.folder, found, NEXT_BOOT):
            confirmation.confirm(self.folder)
        found.claim("next", 0)
        found.save(self.folder)

    def time_out(self) -> None:
        """Roll back as the watchdog does."""
        node_record.prepare(self.folder)
        by_watchdog.main(self.folder)

    def files(self) -> State:
        """Return all files and links except the product's own; times matter only for originals."""
        found: dict[str, Content | str] = {}
        for path in (each for part in (self.disk, self.home) for each in part.rglob("*")):
            if path.is_symlink():
                found[str(path)] = str(path.readlink())
            elif path.is_file():
                content = Content.of(str(path))
                is_original = content.data == ORIGINAL
                found[str(path)] = content if is_original else replace(content, mtime=0)
        return found

    def kept_originals(self) -> list[bytes]:
        """Return the stored contents of originals."""
        marks = load(self.folder).paths.values()
        stores = [mark["original"]["store"] for mark in marks if "store" in mark["original"]]
        return [(self.record / "originals" / each).read_bytes() for each in stores]

    def leftovers(self) -> list[Path]:
        return list(self.root.rglob(f"{durable.PREFIX}*"))


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    monkeypatch.setattr(node_record, "boot_id", lambda: NEXT_BOOT)
    return Node(tmp_path)


def untouched(_: Node) -> None:
    """Reset the node."""


def on_one(node: Node) -> None:
    node.apply(node.one())


def on_two(node: Node) -> None:
    on_one(node)
    node.apply(node.two())


def on_two_unconfirmed(node: Node) -> None:
    on_one(node)
    node.apply(node.two(), node.demand)


def dead_in_two(node: Node) -> None:
    """Stop just before the commit."""

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    on_one(node)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(node_record.Record, "save", dies)
        with pytest.raises(KeyboardInterrupt):
            node.apply(node.two())


Step = Callable[[Node], None]


@dataclass(frozen=True)
class Change:
    """The first config, the change during which power is lost, and what follows."""

    first: Step
    then: Step
    next: Step = Node.claim


APPLIES = {
    "the first apply": Change(untouched, lambda node: node.apply(node.one(), node.demand)),
    "an apply over another": Change(on_one, lambda node: node.apply(node.two())),
    "giving all back": Change(on_two, lambda node: node.apply(NOTHING)),
}
CHANGES = {
    **APPLIES,
    "a rollback": Change(on_two_unconfirmed, Node.time_out, next=Node.time_out),
    "a recovery": Change(dead_in_two, Node.claim),
}


def heard(node: Node, change: Step) -> Disk:
    """Record the calls to the disk during a change."""
    disk = Disk(node.root)
    with pytest.MonkeyPatch.context() as patch:
        disk.listen(patch)
        change(node)
    return disk


@pytest.mark.parametrize("what", CHANGES)
def test_after_a_power_cut_at_any_moment_all_files_are_old_or_all_are_new(
    node: Node, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = CHANGES[what]
    change.first(node)
    before = node.files()
    disk = heard(node, change.then)
    after = node.files()
    states = list(disk.states())
    # This disk has no second power cut.
    monkeypatch.setattr(os, "fsync", lambda _: None)

    for moment, state in states:
        disk.power_up(state)
        change.next(node)
        journal_file.discard(node.folder)

        assert node.files() in (before, after), moment
        assert set(node.kept_originals()) <= {ORIGINAL}, moment
        assert node.leftovers() == [], moment

    assert len(states) > 30


@pytest.fixture(params=APPLIES)
def trace(request: pytest.FixtureRequest, node: Node) -> Disk:
    """Return the recorded calls of an apply."""
    change = APPLIES[request.param]
    change.first(node)
    return heard(node, change.then)


def changes(disk: Disk) -> Iterator[Moment]:
    """Yield the moments at which a managed path changes."""
    calls = {"rename", "symlink", "unlink", "rmdir"}
    for moment in disk.moments:
        hidden = durable.PREFIX in moment.path
        if moment.call in calls and moment.path.startswith(("disk/", "home/")) and not hidden:
            yield moment


def test_nothing_is_changed_before_the_journal_is_on_the_disk(trace: Disk) -> None:
    for moment in changes(trace):
        journal = moment.synced["record/journal.json"]
        assert isinstance(journal, Content)
        images = json.loads(journal.data)["images"].values()
        kept = {f"record/transaction/{each['store']}" for each in images if "store" in each}
        assert kept <= set(moment.synced), moment.path

    assert list(changes(trace))


def test_an_original_is_on_the_disk_before_its_path_is_changed(node: Node) -> None:
    disk = heard(node, on_one)
    taken_over = next(each for each in changes(disk) if each.path == "disk/old")

    kept = [found for path, found in taken_over.synced.items() if "record/originals/" in path]
    contents = [each.data for each in kept if isinstance(each, Content)]
    index = taken_over.synced["record/originals/index.json"]
    assert isinstance(index, Content)
    assert sorted(contents) == sorted([ORIGINAL, index.data])
    assert str(node.old) in json.loads(index.data)["paths"]


def test_the_watchdog_and_its_code_are_on_the_disk_before_any_change(node: Node) -> None:
    disk = heard(node, APPLIES["the first apply"].then)
    synced = next(changes(disk)).synced
    archive = synced["watchdog/program/machineconfig_node.zip"]
    assert isinstance(archive, Content)
    code = {Path(name).stem for name in zipfile.ZipFile(io.BytesIO(archive.data)).namelist()}

    assert "watchdog/program/go_back.py" in synced
    assert {"by_watchdog", "rollback", "node_record", "confirmation"} <= code
    names = ("target.d/machine-config-revert.conf", "machine-config-revert.timer")
    assert {f"watchdog/units/{name}" for name in names} <= {*synced}
    assert "watchdog/units/machine-config-revert.service" in synced
    journal = synced["record/journal.json"]
    assert isinstance(journal, Content)
    assert json.loads(journal.data)["awaits_confirmation"]


def test_no_name_ever_leads_to_a_torn_file(trace: Disk) -> None:
    found = {path for _, state in trace.states() for path, kept in state.items() if kept == TORN}

    assert found, "while it is hidden, a file is torn"
    assert {path for path in found if durable.PREFIX not in path} == set()


def test_all_managed_files_are_on_the_disk_before_the_record(node: Node, trace: Disk) -> None:
    commit = [each for each in trace.moments if each.path == "record/record.json"][-1]

    assert commit.call == "rename"
    assert managed(commit.synced) == managed(Disk(node.root).synced())


def managed(state: State) -> State:
    return {path: kept for path, kept in state.items() if path.startswith(("disk/", "home/"))}
