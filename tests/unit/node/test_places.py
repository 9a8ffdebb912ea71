"""Before anything is touched: every path has a place that it can be written to, and that lasts."""

from pathlib import Path

import pytest
from machineconfig_node import desired, places
from machineconfig_node.errors import NodeError

from tests.unit.node.build import file, manifest

LASTING = ["/", "ext4", "rw,relatime"]


@pytest.fixture(autouse=True)
def mounts(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The node's mounts: at first its root alone."""
    found = [LASTING]
    monkeypatch.setattr(places, "_mounts", lambda: found)
    return found


def problem(*paths: Path) -> str:
    """Return what speaks against these paths; empty where nothing does."""
    try:
        places.prove(desired.read(manifest(*map(file, paths))))
    except NodeError as error:
        return error.cause
    return ""


def test_a_path_below_folders_is_fine_though_they_are_missing(disk: Path) -> None:
    (disk / "there").touch()
    (disk / "link").symlink_to("nowhere")

    assert not problem(disk / "there", disk / "link", disk / "a" / "b" / "c")


def test_a_path_below_a_link_is_refused_with_where_it_really_is(disk: Path) -> None:
    (disk / "real").mkdir()
    (disk / "link").symlink_to(disk / "real")

    said = f"lies below a symbolic link: its folder {disk}/link is really {disk}/real"
    assert said in problem(disk / "link" / "a")
    assert "symbolic link" in problem(disk / "link" / "b" / "a")


def test_a_path_below_a_file_is_refused(disk: Path) -> None:
    (disk / "a").touch()

    assert problem(disk / "a" / "b") == f"{disk}/a/b cannot be made: {disk}/a is no folder"


def test_a_folder_is_not_replaced_by_a_file(disk: Path) -> None:
    (disk / "a").mkdir()

    assert problem(disk / "a") == f"{disk}/a is a folder or a special file"


@pytest.mark.parametrize(
    ("mount", "said"),
    [
        (["tmpfs", "rw"], "does not outlast a boot: {0} is a tmpfs"),
        (["ramfs", "rw"], "does not outlast a boot: {0} is a ramfs"),
        (["ext4", "ro,relatime"], "cannot be written: {0} is mounted read-only"),
        (["ext4", "rw,errors=remount-ro"], ""),
    ],
)
def test_a_place_that_does_not_last_or_cannot_be_written_is_refused(
    disk: Path, mounts: list[list[str]], mount: list[str], said: str
) -> None:
    mounts.append([str(disk), *mount])

    assert said.format(disk) in problem(disk / "a")
    assert bool(said) == bool(problem(disk / "a"))
    assert not problem(disk.parent / "beside")


def test_the_nearest_mount_decides(disk: Path, mounts: list[list[str]]) -> None:
    (disk / "a").mkdir()
    mounts += [[str(disk / "a"), "ext4", "rw"], [str(disk), "tmpfs", "rw"]]

    assert not problem(disk / "a" / "b")
    assert problem(disk / "ab")


def test_of_two_mounts_at_one_point_the_later_decides(disk: Path, mounts: list[list[str]]) -> None:
    mounts += [[str(disk), "ext4", "rw"], [str(disk), "tmpfs", "rw"]]

    assert problem(disk / "a")


def test_every_path_without_a_place_is_named_at_once(disk: Path) -> None:
    (disk / "a").mkdir()
    (disk / "b").mkdir()

    assert problem(disk / "a", disk / "b").count("is a folder") == 2
