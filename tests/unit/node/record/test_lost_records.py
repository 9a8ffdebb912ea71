"""A lost or damaged record is made anew, and every original is restored or named."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.base.errors import NodeError
from machineconfig_node.check.describe import describe
from machineconfig_node.comparison import compare
from machineconfig_node.preflight import changes
from machineconfig_node.record import node_record, record_files
from machineconfig_node.record.node_record import Record, load, load_to_change
from machineconfig_node.restore import originals, stored_contents
from machineconfig_node.rollback import by_watchdog, journal_file, rollback, watchdog

from tests.unit.node.build import INSTALLED, file, manifest, read, unit
from tests.unit.node.conftest import MACHINE_ID, UNITS

BOOT = "boot-1"
Lose = Callable[[Path], object]


def edited(change: Callable[[dict[str, object]], object]) -> Lose:
    def lose(path: Path) -> None:
        data = json.loads(path.read_text())
        path.write_text(json.dumps(change(data) or data))

    return lose


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


WAYS: dict[str, Lose] = {
    "missing": Path.unlink,
    "empty": lambda path: path.write_text(""),
    "an empty object": lambda path: path.write_text("{}"),
    "a list": lambda path: path.write_text("[]"),
    "null": lambda path: path.write_text("null"),
    "half a file": lambda path: os.truncate(path, path.stat().st_size // 2),
    "binary": lambda path: path.write_bytes(b"\x7fELF\0\xff"),
    "no paths": edited(lambda data: data.pop("paths") and None),
    "paths of another type": edited(lambda data: data | {"paths": []}),
    "another schema": edited(lambda data: data | {"schema": "one"}),
    "a newer schema": edited(lambda data: data | {"schema": 99}),
    "an unknown key": edited(lambda data: data | {"more": 1}),
    "a folder": a_folder,
}


@pytest.fixture(autouse=True)
def _boot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_record, "boot_id", lambda: BOOT)


def apply(folder: str, given: dict[str, object], guard: Callable[[], None] = lambda: None) -> None:
    Transaction(folder, load_to_change(folder), read(folder, given), BOOT).run([], guard)


def settle(folder: str) -> None:
    found = load_to_change(folder)
    found.debts = None
    found.save(folder)
    journal_file.discard(folder)
    stored_contents.remove_unused(folder, found)


def everything(disk: Path, config: str = "one") -> dict[str, object]:
    return manifest(
        file(disk / "motd"),
        file(disk / "made"),
        units=(unit("a.service", contents=INSTALLED, enabled=True),),
        keys=("ssh-rsa OURS",),
        config=config,
    )


@pytest.fixture(params=WAYS)
def record(request: pytest.FixtureRequest, folder: str, disk: Path) -> Path:
    """Return the path of a record that is lost after an apply was settled."""
    (disk / "motd").write_text("the distribution's")
    apply(folder, everything(disk))
    settle(folder)
    path = Path(folder, "record.json")
    WAYS[request.param](path)
    return path


def state(disk: Path, home: Path) -> dict[str, str | bytes]:
    found: dict[str, str | bytes] = {}
    for path in (each for part in (disk, home) for each in part.rglob("*")):
        if path.is_symlink():
            found[str(path)] = str(path.readlink())
        elif path.is_file():
            found[str(path)] = path.read_bytes()
    return found


@pytest.mark.usefixtures("record")
def test_all_originals_are_restored_without_the_record(folder: str, disk: Path, home: Path) -> None:
    apply(folder, manifest(config="none"))
    settle(folder)

    assert (disk / "motd").read_text() == "the distribution's"
    links = disk / UNITS / "multi-user.target.wants" / "a.service"
    left = [disk / "made", disk / UNITS / "a.service", links]
    assert [each for each in left if os.path.lexists(each)] == []
    assert "OURS" not in (home / ".ssh" / "authorized_keys").read_text()
    assert originals.not_restored(load(folder), folder) == []


def test_the_record_is_as_it_was(folder: str, record: Path) -> None:
    assert describe(load(folder), BOOT, folder)[1].startswith(f"{record} is ")

    found = load_to_change(folder)

    assert (found.config, found.serial) == ("one", 1)
    assert not record_files.problem(folder)
    assert record.is_file()
    assert "the disk matches the record" in "\n".join(describe(found, BOOT, folder))


def test_each_damaged_record_is_kept_under_a_name_of_its_own(folder: str) -> None:
    Record(MACHINE_ID, serial=1).save(folder)

    for damage in "{}", "[]":
        Path(folder, "record.json").write_text(damage)
        load_to_change(folder)

    assert Path(folder, "record.json.damaged").read_text() == "{}"
    assert Path(folder, "record.json.damaged-2").read_text() == "[]"


@pytest.mark.usefixtures("record")
def test_another_config_keeps_the_first_originals(folder: str, disk: Path) -> None:
    apply(folder, manifest(file(disk / "motd", b"ours, newer"), config="two"))
    settle(folder)
    apply(folder, manifest(config="none"))

    assert (disk / "motd").read_text() == "the distribution's"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("index", [True, False])
def test_the_watchdog_rolls_back_without_the_record(
    folder: str, disk: Path, home: Path, way: str, *, index: bool
) -> None:
    """Also with the journal alone, as on a node that an earlier version has configured."""
    (disk / "motd").write_text("the distribution's")
    apply(folder, everything(disk))
    settle(folder)
    before = state(disk, home)
    changed = manifest(file(disk / "motd", b"ours, newer"), config="two")
    apply(folder, changed, lambda: watchdog.start(folder, 600))
    WAYS[way](Path(folder, "record.json"))
    if not index:
        Path(folder, "originals", "index.json").unlink()

    by_watchdog.main(folder)

    assert state(disk, home) == before
    assert load(folder).config == "one"


@pytest.mark.parametrize("journal", [True, False])
@pytest.mark.parametrize("way", WAYS)
def test_an_apply_that_was_killed_and_lost_the_record_loses_no_original(
    folder: str, disk: Path, way: str, *, journal: bool
) -> None:
    (disk / "motd").write_text("the distribution's")
    found = load_to_change(folder)
    found.claim("run-1", 0)
    found.save(folder)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Record, "save", dies)
        with pytest.raises(KeyboardInterrupt):
            apply(folder, everything(disk))
    assert (disk / "motd").read_text() == "ours"
    WAYS[way](Path(folder, "record.json"))
    if journal:
        rollback.roll_back_interrupted(folder, load_to_change(folder), BOOT)
    else:
        Path(folder, "journal.json").unlink()

    apply(folder, manifest(config="none"))

    assert (disk / "motd").read_text() == "the distribution's"
    assert originals.not_restored(load(folder), folder) == []


def test_without_any_record_the_originals_are_kept_aside(folder: str, disk: Path) -> None:
    (disk / "motd").write_text("the distribution's")
    apply(folder, everything(disk))
    settle(folder)
    for name in "record.json", "originals/index.json":
        Path(folder, name).unlink()

    settle(folder)
    apply(folder, everything(disk))
    settle(folder)

    kept = Path(folder, "originals.unknown").iterdir()
    assert [each.read_text() for each in kept] == ["the distribution's"]


def test_a_record_of_an_earlier_version_gets_an_index(folder: str, disk: Path) -> None:
    (disk / "motd").write_text("the distribution's")
    apply(folder, everything(disk))
    settle(folder)
    Path(folder, "originals", "index.json").unlink()

    load_to_change(folder).save(folder)
    Path(folder, "record.json").unlink()

    assert str(disk / "motd") in load(folder).paths


@pytest.mark.parametrize("name", ["record.json", "originals/index.json"])
def test_only_damaged_files_are_named_with_a_remedy(folder: str, name: str) -> None:
    Record(MACHINE_ID, serial=1).save(folder)
    for each in "record.json", "originals/index.json":
        Path(folder, each).write_text("{}")

    with pytest.raises(NodeError, match=f"{name} is damaged: .*; restore it.* keeps the originals"):
        load_to_change(folder)
    assert Path(folder, name).read_text() == "{}"


def test_a_lost_original_is_named_until_its_loss_is_accepted(folder: str, disk: Path) -> None:
    (disk / "motd").write_text("the distribution's")
    apply(folder, everything(disk))
    settle(folder)
    [store] = [each for each in Path(folder, "originals").iterdir() if each.suffix != ".json"]
    store.unlink()

    # Preflight shows it as it will be: unchanged.
    shown = changes.of(read(folder, manifest()), load(folder), folder).paths
    assert (str(disk / "made") in shown, str(disk / "motd") in shown) == (True, False)
    apply(folder, manifest(config="none"))

    [left] = originals.not_restored(load(folder), folder)
    assert left["name"] == str(disk / "motd")
    assert "kubectl mc recover" in left["remedy"]
    found = load(folder)
    originals.accept_lost(found, folder)
    assert originals.not_restored(found, folder) == []
    assert (disk / "motd").read_text() == "ours"


NAMES = ("a", "b", "c")
_BEFORE = st.lists(st.sampled_from(["file", "link", "nothing"]), min_size=3, max_size=3)
_APPLY = st.tuples(st.just("apply"), st.dictionaries(st.sampled_from(NAMES), st.binary(max_size=2)))
_LOSE = st.tuples(
    st.sampled_from(["record.json", "originals/index.json"]), st.sampled_from([*WAYS])
)
_STEP = st.one_of(
    _APPLY, _LOSE, st.tuples(st.just("others"), st.sampled_from(NAMES)), st.just(("settle", ""))
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(before=_BEFORE, steps=st.lists(_STEP, max_size=8), keep_journal=st.booleans())
def test_whatever_happens_to_the_record_each_original_is_restored_or_named(
    folder: str,
    disk: Path,
    before: list[str],
    steps: list[tuple[str, object]],
    *,
    keep_journal: bool,
) -> None:
    where = Path(tempfile.mkdtemp(dir=disk))
    own = Path(folder, "own")
    shutil.rmtree(own, ignore_errors=True)
    node_record.prepare(str(own))
    for name, what in zip(NAMES, before, strict=True):
        if what == "file":
            (where / name).write_text(f"the original of {name}")
        elif what == "link":
            (where / name).symlink_to(f"original-{name}")
    first = look(where)

    for number, (what, detail) in enumerate(steps):
        if what == "apply":
            assert isinstance(detail, dict)
            files = [file(where / name, content) for name, content in detail.items()]
            apply(str(own), manifest(*files, config=f"config-{number}"))
        elif what == "settle":
            settle(str(own))
        elif what == "others":
            (where / str(detail)).unlink(missing_ok=True)
            (where / str(detail)).write_text(f"others {number}")
        else:
            lose(own, what, WAYS[str(detail)])
        if not keep_journal:
            (own / "journal.json").unlink(missing_ok=True)
    taken_over = {name for what, detail in steps if what == "apply" for name in dict(detail)}  # type: ignore[call-overload]
    apply(str(own), manifest(config="none"))

    named = {Path(each["name"]).name for each in originals.not_restored(load(str(own)), str(own))}
    by_others = {detail for what, detail in steps if what == "others"}
    after = look(where)
    assert {name for name in taken_over if after[name] != first[name]} <= named | by_others
    assert named <= by_others
    assert compare.differing_paths(load(str(own))) == []


def lose(own: Path, name: str, way: Lose) -> None:
    """Lose one of the two files, if the node has both: the next run writes it anew."""
    both = [own / "record.json", own / "originals" / "index.json"]
    if all(each.is_file() for each in both):
        way(own / name)
        load_to_change(str(own)).save(str(own))


def look(where: Path) -> dict[str, object]:
    def at(path: Path) -> object:
        if path.is_symlink():
            return path.readlink()
        return path.read_bytes() if path.exists() else None

    return {name: at(where / name) for name in NAMES}
