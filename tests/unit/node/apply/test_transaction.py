"""A transaction that fails halfway leaves the node unchanged and reports the cause."""

import contextlib
import dataclasses
import errno
import itertools
import os
import pwd
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.base.errors import NodeError
from machineconfig_node.comparison import compare
from machineconfig_node.manifest import desired_state
from machineconfig_node.record.node_record import Record, load
from machineconfig_node.rollback import journal_file, rollback
from machineconfig_node.rollback.rollback import roll_back_interrupted
from machineconfig_node.services import health, pending_actions
from machineconfig_node.ssh import authorized_keys
from machineconfig_node.systemd import systemctl

from tests.unit.node import renames
from tests.unit.node.build import INSTALLED, enable, file, manifest, read, unit
from tests.unit.node.conftest import UNITS, Systemd

REBOOT = {"type": "Reboot"}
BOOT = "boot-1"
Tree = dict[str, tuple[object, ...]]


class PowerCutError(BaseException):
    """The machine stops here: no handler of the product runs."""


def apply(folder: str, given: dict[str, Any], *actions: dict[str, Any]) -> Transaction:
    """Bring the node to a manifest."""
    transaction = Transaction(folder, load(folder), read(folder, given), BOOT)
    transaction.run(list(actions))
    return transaction


def differences(folder: str, given: dict[str, Any]) -> list[compare.Difference]:
    """Return the remaining differences from the manifest."""
    wanted, record = read(folder, given), load(folder)
    return [
        *compare.of_disk(wanted),
        *compare.of_record(wanted, record),
        *compare.to_remove(wanted, record),
    ]


def tree(*folders: Path) -> Tree:
    """Return every file and link below the folders, without the folders themselves."""
    found: Tree = {}
    for path in (each for folder in folders for each in folder.rglob("*")):
        if path.is_symlink():
            found[str(path)] = ("link", str(path.readlink()))
        elif path.is_file():
            mode = stat.S_IMODE(path.stat().st_mode)
            found[str(path)] = ("file", path.read_bytes(), mode)
    return found


@pytest.fixture
def old(disk: Path, home: Path) -> dict[str, Any]:
    """A node with a distribution's files, a user's key and two units."""
    (disk / "changed").write_bytes(b"the distribution's")
    (disk / "link").symlink_to("elsewhere")
    (disk / UNITS / "b.service").write_text(INSTALLED)
    enable(disk, "b.service")
    (home / ".ssh").mkdir(mode=0o700)
    (home / ".ssh" / "authorized_keys").write_text("ssh-rsa MINE\n")
    (home / ".ssh" / "authorized_keys").chmod(0o600)
    return manifest(
        file(disk / "changed"),
        file(disk / "link"),
        file(disk / "new", mode=0o600),
        units=(
            unit("a.service", contents=INSTALLED, enabled=True),
            unit("b.service", mask=True, enabled=False),
        ),
        keys=("ssh-rsa OURS",),
    )


def test_after_an_apply_nothing_differs(folder: str, old: dict[str, Any]) -> None:
    apply(folder, old)

    assert differences(folder, old) == []


def test_the_record_contains_config_pending_actions_and_a_new_serial(
    folder: str, old: dict[str, Any]
) -> None:
    apply(folder, old, REBOOT)
    apply(folder, old | {"config": "another"})

    found = load(folder)
    assert (found.config, found.serial) == ("another", 2)
    assert found.debts is not None
    assert (found.debts.actions, found.debts.boot_id) == ([REBOOT], BOOT)


def test_an_unchanged_file_is_recorded_and_not_written(
    folder: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (disk / "a").write_bytes(b"ours")
    (disk / "a").chmod(0o644)
    before = (disk / "a").stat().st_ino

    apply(folder, manifest(file(disk / "a")))

    assert (disk / "a").stat().st_ino == before
    assert str(disk / "a") in load(folder).paths
    monkeypatch.undo()


def test_without_its_machine_config_the_originals_are_restored(
    folder: str, disk: Path, home: Path, old: dict[str, Any]
) -> None:
    before = tree(disk, home)

    apply(folder, old)
    apply(folder, manifest())

    assert tree(disk, home) == before
    assert differences(folder, manifest()) == []


def test_the_original_is_the_first_content_and_not_an_earlier_config(
    folder: str, disk: Path
) -> None:
    (disk / "a").write_bytes(b"the distribution's")
    for content in b"one", b"two", b"three":
        apply(folder, manifest(file(disk / "a", content)))

    apply(folder, manifest())

    assert (disk / "a").read_bytes() == b"the distribution's"


@pytest.mark.parametrize("original", ["file", "nothing"])
def test_a_path_that_others_changed_is_kept_and_reported(
    folder: str, disk: Path, original: str
) -> None:
    if original == "file":
        (disk / "a").write_bytes(b"the distribution's")
    apply(folder, manifest(file(disk / "a")))
    (disk / "a").write_bytes(b"someone's")

    apply(folder, manifest())

    assert (disk / "a").read_bytes() == b"someone's"
    assert list(load(folder).unreturned) == [str(disk / "a")]
    assert str(disk / "a") not in load(folder).paths


@pytest.mark.parametrize(("actions", "stopped"), [([], ["c.service"]), ([REBOOT], [])])
def test_a_removed_unit_is_stopped_unless_a_reboot_follows(
    folder: str, units: Systemd, actions: list[dict[str, Any]], stopped: list[str]
) -> None:
    apply(folder, manifest(units=(unit("c.service", contents="[Service]\n"),)))

    apply(folder, manifest(), *actions)

    assert units.stopped == stopped


def test_a_stop_is_performed_by_the_next_run_if_the_first_is_killed(
    folder: str, units: Systemd
) -> None:
    def dies(_: str) -> None:
        raise PowerCutError

    apply(folder, manifest(units=(unit("c.service", contents="[Service]\n"),)))
    units.running = {"c.service"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(systemctl, "stop", dies)
        with pytest.raises(PowerCutError):
            apply(folder, manifest())

    pending_actions.perform(folder, load(folder), BOOT)

    assert units.running == set()
    assert load(folder).pending(BOOT) == []


def test_the_instances_of_a_removed_template_are_stopped(folder: str, units: Systemd) -> None:
    template = manifest(units=(unit("a@.service", contents="[Service]\n"),))
    apply(folder, template)
    units.running = {"a@1.service"}

    apply(folder, manifest())

    assert units.running == set()


def test_created_folders_are_removed_with_the_last_file(folder: str, disk: Path) -> None:
    both = [file(disk / "a" / "b" / "one"), file(disk / "a" / "two")]
    apply(folder, manifest(*both))

    apply(folder, manifest(both[1]))
    assert sorted(each.name for each in (disk / "a").iterdir()) == ["two"]

    apply(folder, manifest())
    assert not (disk / "a").exists()
    assert load(folder).folders == []


def theirs(made: Path) -> None:
    (made / "another user's").touch()


def hidden(made: Path) -> None:
    made.chmod(0o700)


def elsewhere(made: Path) -> None:
    made.rename(made.with_name("moved"))
    made.with_name("other").mkdir()
    made.symlink_to("other")


@pytest.mark.parametrize("change", [theirs, hidden, elsewhere])
def test_a_created_folder_that_is_used_or_changed_stays(
    folder: str, disk: Path, change: Callable[[Path], None]
) -> None:
    apply(folder, manifest(file(disk / "a" / "one")))
    change(disk / "a")

    apply(folder, manifest())

    assert (disk / "a").is_dir()
    assert load(folder).folders == []


def test_an_existing_folder_stays(folder: str, disk: Path) -> None:
    (disk / "a").mkdir(mode=0o755)
    apply(folder, manifest(file(disk / "a" / "one")))

    apply(folder, manifest())

    assert (disk / "a").is_dir()


def test_a_rollback_creates_a_removed_folder_again(folder: str, disk: Path) -> None:
    apply(folder, manifest(file(disk / "a" / "one")))
    apply(folder, manifest())
    assert not (disk / "a").exists()

    rollback.roll_back_committed(folder, load(folder), BOOT, "why", cut_off=False)

    assert (disk / "a" / "one").read_bytes() == b"ours"
    apply(folder, manifest())
    assert not (disk / "a").exists()


@pytest.fixture
def without_user(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node with managed keys of a user who was deleted since."""
    apply(folder, manifest(keys=("ssh-rsa OURS",)))

    def gone(name: str) -> None:
        raise KeyError(name)

    monkeypatch.setattr(pwd, "getpwnam", gone)


@pytest.mark.usefixtures("without_user")
def test_a_deleted_user_has_no_keys_to_remove_and_is_reported(folder: str, disk: Path) -> None:
    said = compare.to_remove(desired_state.read(manifest()), load(folder))
    assert said == [compare.Difference("sshkey", "boot", "its user is gone")]

    apply(folder, manifest(file(disk / "a")))

    assert load(folder).keys == {}
    assert (disk / "a").read_bytes() == b"ours"


@pytest.mark.usefixtures("without_user")
def test_desired_keys_require_their_user(folder: str, disk: Path) -> None:
    with pytest.raises(NodeError, match="who does not exist on this node; add the user"):
        apply(folder, manifest(file(disk / "a"), keys=("ssh-rsa OURS",)))

    assert not (disk / "a").exists()


@pytest.mark.usefixtures("without_user")
def test_a_failed_apply_with_a_deleted_user_rolls_back_the_rest(
    folder: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_change(3, disk_full, monkeypatch)

    with pytest.raises(NodeError, match="everything was rolled back"):
        apply(folder, manifest(file(disk / "a"), file(disk / "b")))

    assert tree(disk) == {}


def test_unrecorded_managed_keys_are_removed_if_none_are_desired(folder: str, home: Path) -> None:
    authorized_keys.write_managed("boot", ["ssh-rsa OURS"])
    assert differences(folder, manifest())

    apply(folder, manifest())

    assert (home / ".ssh" / "authorized_keys").read_text() == ""
    assert differences(folder, manifest()) == []


def at_change(number: int, what: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Call `what` before the `number`th change of a path on the disk."""
    count = 0

    def counted(new: str) -> None:
        nonlocal count
        count += 1
        if count == number:
            what(new)

    renames.before_each(monkeypatch, counted)


def power_cut(_: str) -> None:
    raise PowerCutError


def disk_full(path: str) -> None:
    if not path.endswith("record.json"):
        raise OSError(errno.ENOSPC, "No space left")


def test_an_error_anywhere_rolls_back_everything(
    folder: str, disk: Path, home: Path, old: dict[str, Any]
) -> None:
    before = tree(disk, home)
    failures = 0
    while not load(folder).serial:
        failures += 1
        assert tree(disk, home) == before
        assert load(folder).debts is None
        with pytest.MonkeyPatch.context() as patch:
            at_change(failures, disk_full, patch)
            with contextlib.suppress(NodeError, OSError):
                apply(folder, old, REBOOT)

    assert failures > 10
    assert differences(folder, old) == []


def test_an_unwritable_record_rolls_back_everything(
    folder: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left")

    monkeypatch.setattr(Record, "save", full)
    with pytest.raises(NodeError, match="everything was rolled back"):
        apply(folder, manifest(file(disk / "a")))

    assert tree(disk) == {}


def test_an_error_reports_its_cause_and_the_rollback(
    folder: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # After the journal and the index of originals.
    at_change(3, disk_full, monkeypatch)

    with pytest.raises(
        NodeError,
        match=r"/a: its file system is full .* \(everything was rolled back\); free disk space",
    ):
        apply(folder, manifest(file(disk / "a")))


def killed_at(number: int, folder: str, given: dict[str, Any]) -> bool:
    """Apply in a process that is killed at the `number`th change; return whether it was killed."""
    child = os.fork()
    if child == 0:
        with pytest.MonkeyPatch.context() as patch:
            at_change(number, lambda _: os.kill(os.getpid(), signal.SIGKILL), patch)
            apply(folder, given, REBOOT)
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_a_kill_anywhere_leaves_all_old_or_all_new_once_the_next_run_has_claimed(
    folder: str, disk: Path, home: Path, old: dict[str, Any]
) -> None:
    before = tree(disk, home)
    rolled_back, number = 0, 1
    while killed_at(number, folder, old):
        number += 1
        found = load(folder)
        rolled_back += roll_back_interrupted(folder, found, BOOT)
        assert found.serial or tree(disk, home) == before

    assert rolled_back > 5
    apply(folder, old)
    assert differences(folder, old) == []
    assert not [each for each in tree(disk, home) if "/.machine-config-" in each]


def test_the_remains_of_a_killed_run_do_not_fail_the_next_run(
    folder: str, old: dict[str, Any]
) -> None:
    assert killed_at(1, folder, old)

    apply(folder, old)


def test_the_actions_of_an_interrupted_transaction_become_pending(
    folder: str, old: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise PowerCutError

    monkeypatch.setattr(authorized_keys, "write_managed", dies)
    with pytest.raises(PowerCutError):
        apply(folder, old, REBOOT)

    assert roll_back_interrupted(folder, load(folder), BOOT)
    debts = load(folder).debts
    assert debts is not None
    assert debts.pending(BOOT) == [REBOOT]
    assert not roll_back_interrupted(folder, load(folder), BOOT)


def ill(monkeypatch: pytest.MonkeyPatch, *units: str) -> None:
    monkeypatch.setattr(
        health, "unhealthy_units", lambda: dict.fromkeys(units, "failed (exit-code 1)")
    )


def test_units_that_failed_before_the_first_change_are_remembered_by_retries(
    folder: str, old: dict[str, Any], disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ill(monkeypatch, "before.service")
    apply(folder, old)
    ill(monkeypatch, "before.service", "a.service", "meanwhile.service")
    apply(
        folder, manifest(file(disk / "new")), {"type": "Restart", "restart": {"serviceName": "c"}}
    )

    debts = load(folder).debts
    assert debts is not None
    assert debts.watched == ["a.service", "b.service", "c"]
    assert debts.ailing == ["before.service", "meanwhile.service"]


def test_a_rollback_remembers_units_that_failed_before(
    folder: str, old: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ill(monkeypatch, "before.service")
    apply(folder, old)

    back = rollback.roll_back_committed(folder, load(folder), BOOT, "why", cut_off=False)

    assert back.debts is not None
    assert (back.debts.watched, back.debts.ailing) == ([], ["before.service"])


def test_the_units_of_an_interrupted_transaction_are_watched(
    folder: str, old: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise PowerCutError

    ill(monkeypatch, "before.service")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(authorized_keys, "write_managed", dies)
        with pytest.raises(PowerCutError):
            apply(folder, old)
    ill(monkeypatch, "before.service", "a.service")

    assert roll_back_interrupted(folder, load(folder), BOOT)
    apply(folder, old)

    debts = load(folder).debts
    assert debts is not None
    assert debts.watched == ["a.service", "b.service"]
    assert debts.ailing == ["before.service"]


def test_a_transaction_interrupted_before_its_commit_is_rolled_back(
    folder: str, disk: Path, home: Path, old: dict[str, Any]
) -> None:
    before = tree(disk, home)

    def dies(*_: object) -> None:
        raise PowerCutError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Record, "save", dies)
        with pytest.raises(PowerCutError):
            apply(folder, old)

    assert tree(disk, home) != before
    assert roll_back_interrupted(folder, load(folder), BOOT)
    assert tree(disk, home) == before


def test_a_settled_node_keeps_only_the_originals(folder: str, old: dict[str, Any]) -> None:
    apply(folder, old)
    journal_file.discard(folder)

    assert sorted(os.listdir(folder)) == ["originals", "record.json", "transaction"]  # noqa: PTH208
    assert os.listdir(Path(folder, "transaction")) == []  # noqa: PTH208 - names are enough


TEXT = unit("a.service", contents="[Service]\n")
MASK = unit("a.service", mask=True)
DROPIN = unit("a.service", dropins=[{"name": "b.conf", "contents": "[Unit]\n"}])
NO_DROPIN = unit("a.service", dropins=[{"name": "b.conf", "contents": None}])


@pytest.mark.parametrize(
    ("first", "then"),
    [(TEXT, MASK), (MASK, TEXT), (DROPIN, NO_DROPIN)],
    ids=["mask", "text", "away"],
)
def test_a_path_that_changes_its_type_is_one_difference(
    folder: str, first: dict[str, Any], then: dict[str, Any]
) -> None:
    apply(folder, manifest(units=(first,)))

    apply(folder, manifest(units=(then,)))

    assert differences(folder, manifest(units=(then,))) == []


def test_a_file_in_place_of_a_required_folder_changes_nothing(folder: str, disk: Path) -> None:
    given = manifest(file(disk / "a" / "b"), file(disk / "a"))

    with pytest.raises(NodeError, match="everything was rolled back"):
        apply(folder, given)

    assert not roll_back_interrupted(folder, load(folder), BOOT)
    assert list(disk.iterdir()) == [disk / "etc"]


def test_an_invalid_owner_rolls_back_everything(folder: str, disk: Path) -> None:
    given = manifest(file(disk / "a"), file(disk / "b", user=2**40))

    with pytest.raises(NodeError, match="everything was rolled back"):
        apply(folder, given)

    assert tree(disk) == {}


def forced(folder: str, given: dict[str, Any]) -> desired_state.DesiredState:
    """Return the manifest as forced by the force file."""
    return dataclasses.replace(read(folder, given), forced=True)


def written(*folders: Path) -> dict[str, int]:
    """Return the inode at each path, which changes when a file is written again."""
    return {path: os.lstat(path).st_ino for path in tree(*folders)}


def test_a_forced_apply_writes_everything_again(
    folder: str, old: dict[str, Any], disk: Path, home: Path
) -> None:
    apply(folder, old)
    before, contents = written(disk, home), tree(disk, home)

    Transaction(folder, load(folder), forced(folder, old), BOOT).run([REBOOT])

    after = written(disk, home)
    again = {path for path, inode in after.items() if inode != before[path]}
    assert again == {*desired_state.read(old).paths, str(home / ".ssh" / "authorized_keys")}
    assert tree(disk, home) == contents
    assert load(folder).needs_reboot(BOOT)
    assert load(folder).serial == 2


def test_an_unforced_apply_writes_only_differences(
    folder: str, old: dict[str, Any], disk: Path, home: Path
) -> None:
    apply(folder, old)
    before = written(disk, home)

    apply(folder, old, REBOOT)

    assert written(disk, home) == before


def test_a_forced_apply_requires_one_reboot_wherever_it_is_killed(
    folder: str, old: dict[str, Any], disk: Path, home: Path
) -> None:
    apply(folder, old)
    contents, kills = tree(disk, home), 0
    for moment in itertools.count(1):
        try:
            with pytest.MonkeyPatch.context() as patch:
                at_change(moment, power_cut, patch)
                Transaction(folder, load(folder), forced(folder, old), BOOT).run([REBOOT])
        except PowerCutError:
            kills += 1
        else:
            break
        begun = journal_file.read(folder) is not None
        roll_back_interrupted(folder, load(folder), BOOT)
        assert tree(disk, home) == contents
        # It is pending since the first change, and never twice.
        reboots = load(folder).pending(BOOT).count(REBOOT)
        assert reboots == 1 if begun else reboots <= 1
    assert kills > 5
    assert load(folder).pending(BOOT) == [REBOOT]
    assert load(folder).pending("boot-2") == []
