"""A failed restore stops nothing: it is reported and retried, and the rest is restored."""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.base.errors import NodeError
from machineconfig_node.check.describe import describe
from machineconfig_node.comparison import compare
from machineconfig_node.filesystem import durable
from machineconfig_node.preflight import validation
from machineconfig_node.preflight.paths import immutable
from machineconfig_node.record.node_record import load
from machineconfig_node.restore import originals
from machineconfig_node.rollback import rollback
from machineconfig_node.ssh import authorized_keys

from tests.unit.node import renames
from tests.unit.node.build import INSTALLED, file, manifest, read, unit
from tests.unit.node.conftest import UNITS

BOOT = "boot-1"
Hinder = Callable[[Path, str, pytest.MonkeyPatch], object]


def apply(folder: str, given: dict[str, Any]) -> Transaction:
    work = Transaction(folder, load(folder), read(folder, given), BOOT)
    work.run([])
    return work


def everything(disk: Path) -> dict[str, Any]:
    """Return a manifest of a file, an enabled unit and a key."""
    return manifest(
        file(disk / "a"),
        file(disk / "stuck"),
        units=(unit("a.service", contents=INSTALLED, enabled=True),),
        keys=("ssh-rsa OURS",),
    )


def failed(*_: object) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


def locked(disk: Path, _: str, patch: pytest.MonkeyPatch) -> None:
    stuck = str(disk / "stuck")
    renames.before_each(patch, lambda new: failed() if new == stuck else None)
    patch.setattr(immutable, "_flags", lambda path: 0x10 if path == stuck else 0)


def lost(_: Path, folder: str, __: pytest.MonkeyPatch) -> None:
    store = load(folder).paths.items()
    [name] = [mark["original"]["store"] for path, mark in store if path.endswith("/stuck")]
    Path(folder, "originals", name).unlink()


def link(disk: Path, _: str, patch: pytest.MonkeyPatch) -> None:
    real, stuck = durable.remove, f"{disk}/{UNITS}/multi-user.target.wants/a.service"
    patch.setattr(durable, "remove", lambda path: failed() if path == stuck else real(path))


def keys(_: Path, __: str, patch: pytest.MonkeyPatch) -> None:
    def unwritable(user: str, _: list[str]) -> None:
        raise NodeError(f"the SSH keys of {user} cannot be managed", "check the home")

    patch.setattr(authorized_keys, "write_managed", unwritable)


@pytest.mark.parametrize(
    ("hinder", "name", "cause", "remedy"),
    [
        (locked, "stuck", "it is immutable", "`chattr -i "),
        (lost, "stuck", "its original is lost: ", "restore that from a backup; or accept the path"),
        (link, "a.service", "Operation not permitted", "check its owner, `lsattr`"),
        (keys, "SSH keys of boot", "cannot be managed", "check the home"),
    ],
)
def test_a_failed_restore_is_reported_and_the_rest_is_restored(  # noqa: PLR0913 - one row
    folder: str, disk: Path, home: Path, hinder: Hinder, name: str, cause: str, remedy: str
) -> None:
    (disk / "stuck").write_bytes(b"the distribution's")
    apply(folder, everything(disk))
    with pytest.MonkeyPatch.context() as patch:
        hinder(disk, folder, patch)

        apply(folder, manifest())

        [left] = originals.not_restored(load(folder))
        assert left["name"].endswith(name)
        assert cause in left["cause"]
        assert left["remedy"].startswith(remedy) or remedy in left["remedy"]
        assert f"not restored: {left['name']}" in describe(load(folder), BOOT, folder)[-1]
        there = {
            "stuck": (disk / "stuck").read_bytes() == b"ours",
            "a": (disk / "a").exists(),
            "a.service": (disk / UNITS / "multi-user.target.wants" / "a.service").is_symlink(),
            "text": (disk / UNITS / "a.service").exists(),
            "SSH keys of boot": "OURS" in (home / ".ssh" / "authorized_keys").read_text(),
        }
        assert [each for each, ours in there.items() if ours] == [name]


def waits(folder: str, given: dict[str, Any]) -> list[compare.Difference]:
    wanted = read(folder, given)
    return [*compare.of_disk(wanted), *compare.to_remove(wanted, load(folder))]


def test_a_failed_restore_blocks_no_later_config_and_is_retried(
    folder: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (disk / "stuck").write_bytes(b"the distribution's")
    apply(folder, everything(disk))
    with monkeypatch.context() as patch:
        locked(disk, folder, patch)
        apply(folder, manifest())
        assert waits(folder, manifest()) == []
        apply(folder, manifest(file(disk / "b"), config="next"))
        assert originals.not_restored(load(folder))

    apply(folder, manifest(file(disk / "c"), config="last"))

    assert (disk / "stuck").read_bytes() == b"the distribution's"
    assert originals.not_restored(load(folder)) == []


def test_a_path_that_is_managed_again_keeps_its_first_original(
    folder: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (disk / "stuck").write_bytes(b"the distribution's")
    apply(folder, everything(disk))
    with monkeypatch.context() as patch:
        locked(disk, folder, patch)
        apply(folder, manifest())

    apply(folder, manifest(file(disk / "stuck", b"ours, newer")))
    apply(folder, manifest())

    assert (disk / "stuck").read_bytes() == b"the distribution's"


def test_a_path_that_is_only_removed_is_not_validated(
    folder: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(folder, everything(disk))
    locked(disk, folder, monkeypatch)

    assert validation.validate(read(folder, manifest()), load(folder), folder) == []


def test_a_folder_in_place_of_a_removed_path_stops_nothing(folder: str, disk: Path) -> None:
    apply(folder, everything(disk))
    (disk / "stuck").unlink()
    (disk / "stuck").mkdir()

    apply(folder, manifest())

    assert list(load(folder).unreturned) == [str(disk / "stuck")]
    assert not (disk / "a").exists()


def test_a_path_that_others_changed_is_left_alone(
    folder: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(folder, everything(disk))
    with monkeypatch.context() as patch:
        link(disk, folder, patch)
        apply(folder, manifest())
    stuck = disk / UNITS / "multi-user.target.wants" / "a.service"
    stuck.unlink()
    stuck.symlink_to("elsewhere")

    apply(folder, manifest(config="next"))

    assert stuck.readlink() == Path("elsewhere")
    [left] = originals.not_restored(load(folder))
    assert "it was changed by others" in left["cause"]


def test_unreadable_keys_that_are_not_desired_stop_nothing(
    folder: str, disk: Path, home: Path
) -> None:
    (home / ".ssh" / "authorized_keys").mkdir(parents=True)

    apply(folder, manifest(file(disk / "a")))

    assert (disk / "a").read_bytes() == b"ours"


OURS = "ssh-rsa OURS"


def keys_that_stayed(folder: str, disk: Path, home: Path) -> Path:
    """Return a keys file from which the managed keys cannot be removed."""
    apply(folder, manifest(keys=(OURS,)))
    with pytest.MonkeyPatch.context() as patch:
        keys(disk, folder, patch)
        apply(folder, manifest(config="without"))
    assert originals.not_restored(load(folder))
    return home / ".ssh" / "authorized_keys"


def test_remaining_keys_that_are_desired_again_are_kept(
    folder: str, disk: Path, home: Path
) -> None:
    file_of_keys = keys_that_stayed(folder, disk, home)

    apply(folder, manifest(keys=(OURS,), config="with"))

    assert OURS in file_of_keys.read_text()
    assert load(folder).keys == {"user": "boot", "keys": [OURS]}
    assert originals.not_restored(load(folder)) == []


def test_keys_are_removed_by_a_retry_only_with_a_journal(
    folder: str, disk: Path, home: Path
) -> None:
    file_of_keys = keys_that_stayed(folder, disk, home)
    seen_by_the_guard: list[str] = []
    # The keys of another user are desired now, so nothing else differs.
    given = manifest(config="next") | {"user": "another"}
    work = Transaction(folder, load(folder), read(folder, given), BOOT)

    work.run([], lambda: seen_by_the_guard.append(file_of_keys.read_text()))

    assert OURS not in file_of_keys.read_text()
    assert [OURS in text for text in seen_by_the_guard] == [True]
    rollback.roll_back_committed(folder, load(folder), BOOT, "why", cut_off=True)
    assert OURS in file_of_keys.read_text()
    assert originals.not_restored(load(folder))
