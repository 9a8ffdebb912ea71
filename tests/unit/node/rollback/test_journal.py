"""The journal is written before the first change, and removed when the node is settled."""

import errno
from pathlib import Path

import pytest
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.base.errors import NodeError
from machineconfig_node.filesystem import durable, image
from machineconfig_node.manifest import desired_state
from machineconfig_node.record import node_record
from machineconfig_node.record.node_record import Record, load
from machineconfig_node.rollback import by_run, journal_file, rollback

from tests.unit.node import renames
from tests.unit.node.build import file, manifest

BOOT = "boot-1"
REBOOT = {"type": "Reboot"}


def apply(folder: str, *files: dict[str, object], config: str = "new") -> Record:
    record = load(folder)
    wanted = desired_state.read(manifest(*files, config=config))
    Transaction(folder, record, wanted, BOOT).run([])
    return record


def stuck(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail every replacement of `path`."""

    def stick(new: str) -> None:
        if new == str(path):
            raise OSError(errno.EPERM, "Operation not permitted")

    renames.before_each(monkeypatch, stick)


def test_a_rollback_returns_files_and_record_to_their_state(folder: str, disk: Path) -> None:
    (disk / "a").write_text("before")
    apply(folder, file(disk / "b"), config="old")
    apply(folder, file(disk / "a"), file(disk / "b"), config="new")

    back = rollback.roll_back_committed(folder, load(folder), BOOT, "why", cut_off=True)

    assert (disk / "a").read_text() == "before"
    assert (back.config, list(back.paths)) == ("old", [str(disk / "b")])
    assert back.reverted == {
        "config": "new",
        "cause": "why",
        "cut_off": True,
        "attempt": "",
        "boot_id": BOOT,
    }
    assert load(folder) == back


@pytest.mark.parametrize(
    "theirs",
    [b"", b"ssh-rsa MINE\0\n", "ssh-rsa MINE jürgen\n".encode("latin-1"), bytes(range(256))],
)
def test_a_rollback_returns_a_users_keys_to_the_byte(
    folder: str, home: Path, theirs: bytes
) -> None:
    keys = home / ".ssh" / "authorized_keys"
    keys.parent.mkdir()
    keys.write_bytes(theirs)
    wanted = desired_state.read(manifest(keys=("ssh-rsa OURS",)))
    Transaction(folder, load(folder), wanted, BOOT).run([])
    assert b"ssh-rsa OURS" in keys.read_bytes()

    rollback.roll_back_committed(folder, load(folder), BOOT, "why", cut_off=True)

    assert keys.read_bytes() == theirs


def test_a_rollback_leaves_unchanged_paths_alone(
    folder: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (disk / "stuck").write_text("before")
    stuck(disk / "stuck", monkeypatch)

    with pytest.raises(NodeError, match=r"not permitted.* \(everything was rolled back\)"):
        apply(folder, file(disk / "a"), file(disk / "stuck"))

    assert (disk / "stuck").read_text() == "before"
    assert not (disk / "a").exists()


def test_a_failed_rollback_can_be_retried(
    folder: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (disk / "a").write_text("before")
    apply(folder, file(disk / "a"))
    with monkeypatch.context() as patch:
        stuck(disk / "a", patch)
        with pytest.raises(NodeError, match=r"could not be rolled back: .*/a"):
            rollback.roll_back_committed(folder, load(folder), BOOT, "why", cut_off=True)
        assert (disk / "a").read_text() == "ours"

    rollback.roll_back_committed(folder, load(folder), BOOT, "why", cut_off=True)

    assert (disk / "a").read_text() == "before"


def test_a_failed_rollback_of_an_interrupted_transaction_keeps_its_images(
    folder: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (disk / "a").write_text("before")
    differing = manifest(file(disk / "a"), file(disk / "b" / "c"))

    def becomes_read_only(path: str) -> None:
        if path == str(disk / "b" / "c"):
            stuck(disk / "a", monkeypatch)
            raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(durable, "make_folders", becomes_read_only)
    with pytest.raises(NodeError, match=r"could not be rolled back: .*/a"):
        Transaction(folder, load(folder), desired_state.read(differing), BOOT).run([REBOOT])
    with pytest.raises(NodeError, match=r"could not be rolled back: .*/a"):
        rollback.roll_back_interrupted(folder, load(folder), BOOT)
    monkeypatch.undo()

    rollback.roll_back_disk(folder, journal_file.read(folder) or {})

    assert (disk / "a").read_text() == "before"


def test_a_rollback_interrupted_after_the_record_is_not_repeated(folder: str, disk: Path) -> None:
    apply(folder, file(disk / "a"), config="new")
    journal = journal_file.read(folder)
    assert journal is not None
    back = rollback.roll_back_committed(folder, load(folder), BOOT, "why", cut_off=True)
    journal_file.write(folder, journal)

    again = rollback.roll_back_committed(folder, load(folder), BOOT, "another why", cut_off=True)

    assert again == back
    assert journal_file.read(folder) is None


def test_without_a_journal_nothing_is_changed_and_no_image_is_kept(
    folder: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (disk / "a").write_text("before")
    real = image.take

    def full(path: str, store: str) -> image.Image:
        real(path, store)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(image, "take", full)

    with pytest.raises(NodeError, match=r"No space left on device.* \(nothing was changed\)"):
        apply(folder, file(disk / "a"))

    assert (disk / "a").read_text() == "before"
    assert list(Path(folder, "transaction").iterdir()) == []


def test_the_remains_of_a_killed_run_beside_the_record_are_removed(folder: str) -> None:
    for place in (folder, f"{folder}/originals", f"{folder}/transaction"):
        Path(place, ".machine-config-x").mkdir()

    journal_file.discard(folder)

    assert list(Path(folder).rglob(".machine-config-*")) == []


def test_a_node_without_an_apply_cannot_be_rolled_back(folder: str) -> None:
    with pytest.raises(NodeError, match="nothing to roll back"):
        rollback.roll_back_committed(folder, load(folder), BOOT, "why", cut_off=True)


def test_a_failed_rollback_is_completed_by_the_next_one(
    folder: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_record, "boot_id", lambda: BOOT)
    (disk / "a").write_text("before")
    apply(folder, file(disk / "b"), config="reverted")
    rollback.roll_back_committed(folder, load(folder), BOOT, "why", cut_off=False)
    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "_write_keys", _fail)
        patch.setattr(image, "restore", _fail)
        with pytest.raises(NodeError, match="could not be rolled back"):
            apply(folder, file(disk / "a"), config="new")
    assert (disk / "a").read_text() == "ours"

    assert by_run.is_possible(folder, load(folder))
    by_run.roll_back(folder, load(folder), "why")

    assert (disk / "a").read_text() == "before"
    assert journal_file.read(folder) is None


def _fail(*_: object) -> None:
    raise OSError(errno.EIO, "Input/output error")
