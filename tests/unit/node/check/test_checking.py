"""A check reports all differences, but only of a node that no run is changing."""

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.base import force_file
from machineconfig_node.base.errors import NodeError
from machineconfig_node.check import checking
from machineconfig_node.filesystem import durable
from machineconfig_node.manifest import desired_state
from machineconfig_node.record import lock, node_record
from machineconfig_node.rollback import journal_file
from machineconfig_node.ssh import authorized_keys

from tests.unit.node.build import INSTALLED, file, manifest, read, unit
from tests.unit.node.conftest import MACHINE_ID, UNITS


@pytest.fixture(autouse=True)
def force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of the force file."""
    path = tmp_path / "machine-config-daemon-force"
    monkeypatch.setattr(force_file, "PATH", str(path))
    return path


@pytest.fixture
def wanted(disk: Path) -> dict[str, Any]:
    """A manifest of a file, an enabled unit and a key."""
    return manifest(file(disk / "a"), units=(unit("a.service", enabled=True),), keys=("k",))


@pytest.fixture
def _applied(folder: str, disk: Path, wanted: dict[str, Any]) -> None:
    (disk / UNITS / "a.service").write_text(INSTALLED)
    with lock.locked(folder):
        Transaction(folder, node_record.load(folder), read(folder, wanted), "boot").run([])
    journal_file.discard(folder)


def check(given: dict[str, Any], folder: str) -> dict[str, Any]:
    return checking.check(desired_state.read(given), folder)


def found(given: dict[str, Any], folder: str) -> list[tuple[str, str]]:
    """Return the differences by the last part of their name."""
    answer = check(given, folder)
    assert not answer["moved"]
    return [(Path(each["name"]).name, each["what"]) for each in answer["differences"]]


@contextmanager
def held(folder: str) -> Iterator[None]:
    with (Path(folder) / "lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


@pytest.mark.usefixtures("_applied")
def test_an_unchanged_node_has_no_differences(wanted: dict[str, Any], folder: str) -> None:
    answer = check(wanted, folder)

    assert answer["differences"] == []
    assert not answer["changed"]
    assert answer["config"] == wanted["config"]
    assert answer["serial"] == 1


@pytest.mark.usefixtures("_applied")
def test_the_result_contains_the_machine_id_and_that_a_record_exists(
    wanted: dict[str, Any], folder: str
) -> None:
    answer = check(wanted, folder)

    assert answer["machine_id"] == MACHINE_ID
    assert answer["recorded"] is True


@pytest.mark.usefixtures("_applied")
def test_a_force_file_is_reported_and_kept(
    wanted: dict[str, Any], folder: str, force: Path
) -> None:
    assert check(wanted, folder)["forced"] is False
    force.touch()

    answer = check(wanted, folder)

    assert answer["forced"] is True
    assert answer["differences"] == []
    assert force.exists()


@pytest.mark.usefixtures("_applied")
@pytest.mark.parametrize(
    ("lose", "what"),
    [(Path.unlink, "missing"), (lambda path: path.write_text("{}"), "damaged")],
)
def test_a_lost_record_is_one_difference_among_others(
    wanted: dict[str, Any],
    folder: str,
    disk: Path,
    lose: Callable[[Path], object],
    what: str,
) -> None:
    lose(Path(folder) / "record.json")
    (disk / "a").write_bytes(b"theirs")

    assert check(wanted, folder)["recorded"] is True
    assert found(wanted, folder) == [("a", "content"), ("record.json", what)]


def test_a_node_without_a_config_has_none_recorded(wanted: dict[str, Any], folder: str) -> None:
    node_record.load(folder).save(folder)

    assert check(wanted, folder)["recorded"] is False


@pytest.mark.usefixtures("_applied")
def test_an_unreadable_keys_file_hides_no_other_drift(
    wanted: dict[str, Any], folder: str, disk: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> str:
        raise NodeError("a folder is in its place", "see there")

    (disk / "a").unlink()
    monkeypatch.setattr(authorized_keys, "difference", refuse)

    assert found(wanted, folder) == [("a", "missing"), ("boot", "unreadable")]
    assert found(wanted | {"user": "nobody-here"}, folder)[1:] == [
        ("nobody-here", "its user is gone")
    ]
    assert home.exists()


@pytest.mark.usefixtures("_applied")
def test_a_node_that_is_being_changed_has_no_findings(
    wanted: dict[str, Any], folder: str, disk: Path
) -> None:
    (disk / "a").write_bytes(b"half of it")

    with held(folder):
        answer = check(wanted, folder)

    assert answer["moved"] is True
    assert answer["differences"] == []
    assert not answer["changed"]
    assert answer["serial"] == 1


@pytest.mark.usefixtures("_applied")
def test_the_remains_of_a_killed_transaction_are_no_drift(
    wanted: dict[str, Any], folder: str, disk: Path
) -> None:
    journal_file.begin(
        folder, node_record.load(folder), [], [], journal_file.Affected([], []), "new"
    )
    (disk / "a").write_bytes(b"half of it")

    assert check(wanted, folder)["moved"] is True

    journal_file.discard(folder)
    assert found(wanted, folder) == [("a", "content")]


@pytest.mark.usefixtures("_applied")
def test_an_apply_that_can_be_rolled_back_is_not_a_running_change(
    wanted: dict[str, Any], folder: str, disk: Path
) -> None:
    journal_file.begin(
        folder, node_record.load(folder), [], [], journal_file.Affected([], []), "new"
    )
    journal = json.loads((Path(folder) / "journal.json").read_text())
    journal_file.write(folder, {**journal, "serial": journal["serial"] - 1})
    (disk / "a").unlink()

    assert found(wanted, folder) == [("a", "missing")]


@pytest.mark.usefixtures("_applied")
def test_a_writer_waits_for_a_running_check(folder: str) -> None:
    with (
        lock.writers_held_off(folder) as is_undisturbed,
        pytest.raises(NodeError, match="another run"),
        lock.locked(folder, seconds=0),
    ):
        pass

    assert is_undisturbed()
    with lock.locked(folder, seconds=0):
        pass


def test_checks_run_concurrently(folder: str) -> None:
    (Path(folder) / "lock").touch()

    with lock.writers_held_off(folder) as one, lock.writers_held_off(folder) as other:
        assert (one(), other()) == (True, True)


def test_the_first_change_of_a_node_is_noticed_too(folder: str) -> None:
    with lock.writers_held_off(folder) as is_undisturbed:
        assert is_undisturbed()
        with lock.locked(folder):
            assert not is_undisturbed()


def test_a_check_creates_no_lock_file(wanted: dict[str, Any], tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"

    assert check(wanted, str(nowhere))["recorded"] is False
    assert not nowhere.exists()


@pytest.mark.usefixtures("_applied")
def test_a_check_changes_no_file(
    wanted: dict[str, Any], folder: str, tmp_path: Path, disk: Path
) -> None:
    (disk / "a").write_bytes(b"theirs")

    def tree() -> dict[Path, tuple[int, int]]:
        places = [Path(folder), disk, tmp_path / "home"]
        paths = [path for place in places for path in [place, *place.rglob("*")]]
        return {path: (path.lstat().st_ctime_ns, path.lstat().st_size) for path in paths}

    before = tree()
    check(wanted, folder)

    assert tree() == before
    assert not list(disk.glob(f"{durable.PREFIX}*"))
