"""An original is kept until it is restored."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.base.errors import NodeError
from machineconfig_node.comparison import compare
from machineconfig_node.manifest import desired_state
from machineconfig_node.record.node_record import load
from machineconfig_node.restore import originals, selected_paths
from machineconfig_node.rollback import journal_file, rollback

from tests.unit.node import renames
from tests.unit.node.build import INSTALLED, enable, file, manifest, read, unit
from tests.unit.node.conftest import UNITS

TOMBSTONE = {"by": "admin", "at": "then", "config": "old"}
BOOT = "boot-1"
RESTART = {"type": "Restart", "restart": {"serviceName": "a.service"}}
NOTHING = desired_state.DesiredState(config="", paths={}, enablement={}, user="", keys=[])


def apply(folder: str, given: dict[str, Any]) -> None:
    Transaction(folder, load(folder), read(folder, given), BOOT).run([])
    settle(folder)


def restore(folder: str) -> None:
    Transaction(folder, load(folder), NOTHING, BOOT, TOMBSTONE).run([])
    settle(folder)


def settle(folder: str) -> None:
    """Settle the node as verify does."""
    found = load(folder)
    found.debts = None
    found.save(folder)
    journal_file.discard(folder)


def restore_paths(folder: str, *paths: Path, actions: tuple[dict[str, Any], ...] = ()) -> None:
    found = load(folder)
    marks = selected_paths.select(found, [str(path) for path in paths])
    selected_paths.restore(folder, found, marks, BOOT, list(actions))


def rewrite(path: Path) -> None:
    path.write_bytes(b"another user's")


def take_away(path: Path) -> None:
    path.unlink()


def link_elsewhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/hostname")


def make_executable(path: Path) -> None:
    path.chmod(0o755)


CHANGED_BY = pytest.mark.parametrize(
    "change", [rewrite, take_away, link_elsewhere, make_executable]
)


def kept(folder: str) -> list[str]:
    return [each["name"] for each in originals.not_restored(load(folder))]


@CHANGED_BY
def test_the_original_is_kept_after_drift_and_after_its_config(
    folder: str, disk: Path, change: Callable[[Path], None]
) -> None:
    path = disk / "a"
    path.write_bytes(b"the distribution's")
    apply(folder, manifest(file(path)))
    change(path)
    apply(folder, manifest(config="without"))
    assert kept(folder) == [str(path)]

    restore_paths(folder, path)

    assert path.read_bytes() == b"the distribution's"
    assert not path.is_symlink()
    assert kept(folder) == []


@CHANGED_BY
def test_a_later_config_does_not_take_a_changed_file_for_the_original(
    folder: str, disk: Path, change: Callable[[Path], None]
) -> None:
    path = disk / "a"
    path.write_bytes(b"the distribution's")
    apply(folder, manifest(file(path)))
    change(path)
    apply(folder, manifest(config="without"))

    apply(folder, manifest(file(path, b"ours again"), config="with"))
    apply(folder, manifest(config="without again"))

    assert path.read_bytes() == b"the distribution's"
    assert kept(folder) == []


def unit_text(disk: Path) -> tuple[Path, dict[str, Any]]:
    return disk / UNITS / "a.service", unit("a.service", contents="[Service]\n")


def dropin(disk: Path) -> tuple[Path, dict[str, Any]]:
    given = unit("a.service", dropins=[{"name": "x.conf", "contents": "[Service]\n"}])
    return disk / UNITS / "a.service.d" / "x.conf", given


def mask(disk: Path) -> tuple[Path, dict[str, Any]]:
    return disk / UNITS / "a.service", unit("a.service", mask=True)


@pytest.mark.parametrize("kind", [unit_text, dropin, mask])
@pytest.mark.parametrize("before", ["something", "nothing"])
def test_the_original_of_a_unit_file_is_kept_and_restored(
    folder: str, disk: Path, kind: Callable[[Path], tuple[Path, dict[str, Any]]], before: str
) -> None:
    path, given = kind(disk)
    if before == "something":
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"[Service]\n# the distribution's\n")
    apply(folder, manifest(units=(given,)))
    path.unlink()
    path.write_bytes(b"[Service]\n# another user's\n")
    apply(folder, manifest(config="without"))
    assert kept(folder) == [str(path)]

    restore_paths(folder, path)

    there = path.read_bytes() if path.exists() else b""
    assert there == (b"[Service]\n# the distribution's\n" if before == "something" else b"")
    debts = load(folder).debts
    assert debts
    assert debts.daemon_reload


def test_the_original_of_an_enablement_link_is_kept_and_restored(folder: str, disk: Path) -> None:
    (disk / UNITS / "a.service").write_text(INSTALLED)
    enable(disk, "a.service")
    link = disk / UNITS / "multi-user.target.wants" / "a.service"
    original = link.readlink()
    apply(folder, manifest(units=(unit("a.service", enabled=False),)))
    link.symlink_to("elsewhere")
    apply(folder, manifest(config="without"))
    assert kept(folder) == [str(link)]

    restore_paths(folder, link)

    assert link.readlink() == original


def test_a_missing_folder_is_created_again(folder: str, disk: Path) -> None:
    path = disk / "folder" / "a"
    path.parent.mkdir()
    path.write_bytes(b"the distribution's")
    apply(folder, manifest(file(path)))
    path.unlink()
    path.parent.rmdir()
    apply(folder, manifest(config="without"))

    restore_paths(folder, path)

    assert path.read_bytes() == b"the distribution's"


def test_a_created_folder_is_removed_with_the_changed_file(folder: str, disk: Path) -> None:
    path = disk / "folder" / "a"
    apply(folder, manifest(file(path)))
    rewrite(path)
    apply(folder, manifest(config="without"))

    restore_paths(folder, path)

    assert not path.parent.exists()


def test_a_folder_in_place_of_the_file_is_reported_and_nothing_changes(
    folder: str, disk: Path
) -> None:
    path = disk / "a"
    apply(folder, manifest(file(path)))
    path.unlink()
    path.mkdir()
    apply(folder, manifest(config="without"))

    with pytest.raises(NodeError, match="a folder is in its place"):
        restore_paths(folder, path)

    assert path.is_dir()
    assert kept(folder) == [str(path)]


def test_an_original_that_is_restored_by_hand_is_no_longer_reported(
    folder: str, disk: Path
) -> None:
    path = disk / "a"
    path.write_bytes(b"the distribution's")
    apply(folder, manifest(file(path)))
    rewrite(path)
    apply(folder, manifest(config="without"))

    path.write_bytes(b"the distribution's")

    found = load(folder)
    assert originals.expected(found, found.unreturned, folder) == []
    apply(folder, manifest(config="next"))
    assert kept(folder) == []


def test_a_full_restore_keeps_changed_files_and_does_not_retry_them(
    folder: str, disk: Path
) -> None:
    path = disk / "a"
    path.write_bytes(b"the distribution's")
    apply(folder, manifest(file(path)))
    rewrite(path)

    restore(folder)

    assert originals.to_retry(load(folder)) == []
    restore_paths(folder, path)
    assert path.read_bytes() == b"the distribution's"
    assert load(folder).tombstone == TOMBSTONE


def test_a_managed_path_is_not_restored_by_its_path(folder: str, disk: Path) -> None:
    apply(folder, manifest(file(disk / "a")))

    with pytest.raises(NodeError, match=r"managed by rendered-worker-a.*MachineConfig"):
        selected_paths.select(load(folder), [str(disk / "a")])


def test_a_rollback_of_a_restore_keeps_the_original(folder: str, disk: Path) -> None:
    path = disk / "a"
    path.write_bytes(b"the distribution's")
    apply(folder, manifest(file(path), file(disk / "b")))
    rewrite(path)
    apply(folder, manifest(file(disk / "b"), config="without"))
    restore_paths(folder, path, actions=(RESTART,))

    back = rollback.roll_back_committed(folder, load(folder), BOOT, "cut off", cut_off=True)

    assert path.read_bytes() == b"another user's"
    assert kept(folder) == [str(path)]
    assert back.config == "without"
    assert back.reverted["config"] == "", "no config is to blame, and none may be refused"
    assert not back.failed


def test_pending_actions_stay_until_they_are_performed(folder: str, disk: Path) -> None:
    apply(folder, manifest(file(disk / "a")))
    rewrite(disk / "a")
    apply(folder, manifest(config="without"))

    restore_paths(folder, disk / "a", actions=(RESTART,))

    assert load(folder).pending(BOOT) == [RESTART]
    assert load(folder).config == "without"
    assert journal_file.is_of_restore(folder)


def not_restored(folder: str, disk: Path) -> None:
    for name in ("a", "b"):
        (disk / name).write_text(f"the distribution's {name}")
    apply(folder, manifest(file(disk / "a"), file(disk / "b")))
    for name in ("a", "b"):
        rewrite(disk / name)
    apply(folder, manifest(config="without"))


def test_a_failed_restore_changes_nothing(
    folder: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    not_restored(folder, disk)

    def full(path: str) -> None:
        if path == str(disk / "b"):
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        renames.before_each(patch, full)
        with pytest.raises(NodeError, match="everything was rolled back"):
            restore_paths(folder, disk / "a", disk / "b")

    assert (disk / "a").read_bytes() == b"another user's"
    assert kept(folder) == [str(disk / "a"), str(disk / "b")]
    assert compare.differing_paths(load(folder)) == []


def test_a_lost_original_is_named_by_its_path(folder: str, disk: Path) -> None:
    not_restored(folder, disk)
    store = load(folder).unreturned[str(disk / "b")]["original"]["store"]
    Path(folder, "originals", store).unlink()

    with pytest.raises(NodeError, match=r"/b: the original is lost.*`kubectl mc recover NODE`"):
        restore_paths(folder, disk / "a", disk / "b")

    assert (disk / "a").read_bytes() == b"another user's"
    assert kept(folder) == [str(disk / "a"), str(disk / "b")]
