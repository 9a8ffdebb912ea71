"""A write is complete or has not happened, and no partial write is visible."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from machineconfig_node.filesystem import durable
from machineconfig_node.filesystem.safe_paths import Place

from tests.unit.node import renames


def write(path: Path, content: bytes = b"new", mode: int = 0o640) -> None:
    durable.write_file(str(path), content, mode, os.getuid(), os.getgid())


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir() if each.name != "etc")


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_file_has_its_content_and_mode_whatever_the_umask(disk: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        write(disk / "a", b"\0\xff", 0o646)
    finally:
        os.umask(before)

    assert (disk / "a").read_bytes() == b"\0\xff"
    assert mode_of(disk / "a") == 0o646
    assert names(disk) == ["a"]


def test_an_open_old_file_stays_readable(disk: Path) -> None:
    (disk / "a").write_bytes(b"old")
    with (disk / "a").open("rb") as reader:
        write(disk / "a")

        assert reader.read() == b"old"


def test_a_hard_link_keeps_the_old_file(disk: Path) -> None:
    (disk / "a").write_bytes(b"old")
    (disk / "b").hardlink_to(disk / "a")

    write(disk / "a")

    assert (disk / "b").read_bytes() == b"old"


@pytest.mark.parametrize("target", ["b", "nowhere"])
def test_a_link_is_replaced_and_not_followed(disk: Path, target: str) -> None:
    (disk / "b").write_bytes(b"another's")
    (disk / "a").symlink_to(disk / target)

    write(disk / "a")

    assert not (disk / "a").is_symlink()
    assert (disk / "b").read_bytes() == b"another's"
    assert names(disk) == ["a", "b"]


def test_during_a_write_only_the_old_file_and_hidden_names_are_visible(disk: Path) -> None:
    (disk / "a").write_bytes(b"old")
    seen: list[list[str]] = []

    def make(new: Place) -> None:
        os.close(os.open(new.name, os.O_CREAT, dir_fd=new.folder))
        seen.append(names(disk))

    durable.replace(str(disk / "a"), make)

    [during] = seen
    assert [each for each in during if not each.startswith(".")] == ["a"]
    assert (disk / "a").read_bytes() == b""


@pytest.mark.parametrize("step", ["rename", "fsync", "fchmod"])
def test_a_failed_write_leaves_only_the_old_file(
    disk: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    (disk / "a").write_bytes(b"old")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="No space"):
        write(disk / "a")

    assert (disk / "a").read_bytes() == b"old"
    assert names(disk) == ["a"]


def test_content_and_name_are_synced_before_the_write_returns(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    fsync = os.fsync

    def synced(descriptor: int) -> None:
        order.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", synced)
    renames.before_each(monkeypatch, lambda _: order.append("rename"))
    write(disk / "a")

    assert order == ["file", "rename", "folder"]


@pytest.mark.parametrize("before", ["nothing", "file", "link"])
def test_a_link_replaces_what_was_there(disk: Path, before: str) -> None:
    if before == "file":
        (disk / "a").write_bytes(b"old")
    elif before == "link":
        (disk / "a").symlink_to("elsewhere")

    durable.write_link(str(disk / "a"), "/dev/null")

    assert (disk / "a").readlink() == Path("/dev/null")
    assert names(disk) == ["a"]


def no_change(_: Path) -> None:
    """Create nothing at the path."""


@pytest.mark.parametrize("make", [no_change, Path.touch, lambda path: path.symlink_to("nowhere")])
def test_a_removed_path_no_longer_exists(disk: Path, make: Callable[[Path], None]) -> None:
    make(disk / "a")

    durable.remove(str(disk / "a"))

    assert names(disk) == []


def test_a_folder_is_never_removed(disk: Path) -> None:
    (disk / "a").mkdir()

    durable.remove(str(disk / "a"))

    assert names(disk) == ["a"]


def test_created_folders_have_their_mode_whatever_the_umask(disk: Path) -> None:
    before = os.umask(0o077)
    try:
        durable.make_folders(str(disk / "a" / "b" / "c"))
    finally:
        os.umask(before)

    assert [mode_of(disk / "a"), mode_of(disk / "a" / "b")] == [0o755, 0o755]
    assert names(disk / "a" / "b") == []


def test_existing_folders_are_not_changed(disk: Path) -> None:
    (disk / "a").mkdir(mode=0o700)

    durable.make_folders(str(disk / "a" / "b" / "c"))

    assert mode_of(disk / "a") == 0o700
