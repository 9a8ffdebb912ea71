"""Before any change, every path is writable and survives a reboot."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from machineconfig_node.base.errors import NodeError
from machineconfig_node.filesystem import mounts
from machineconfig_node.filesystem.mounts import Mount
from machineconfig_node.preflight.paths import writable


@pytest.fixture(autouse=True)
def mounted(monkeypatch: pytest.MonkeyPatch) -> list[Mount]:
    """The node's mounts: at first only its root."""
    found = [Mount("/", "ext4", "rw,relatime")]
    monkeypatch.setattr(mounts, "read", lambda: found)
    return found


def problem(*paths: Path, record: str = "/var/lib/machine-config") -> str:
    """Return the problem of these paths; empty if there is none."""
    try:
        writable.validate(map(str, paths), record)
    except NodeError as error:
        return error.cause
    return ""


def test_a_path_below_missing_folders_is_writable(disk: Path) -> None:
    (disk / "there").touch()
    (disk / "link").symlink_to("nowhere")

    assert not problem(disk / "there", disk / "link", disk / "a" / "b" / "c")


def test_a_path_below_a_link_is_refused_with_its_real_path(disk: Path) -> None:
    (disk / "real").mkdir()
    (disk / "link").symlink_to(disk / "real")

    said = f"is below a symbolic link: its folder {disk}/link resolves to {disk}/real"
    assert said in problem(disk / "link" / "a")
    assert "symbolic link" in problem(disk / "link" / "b" / "a")


def test_a_path_below_a_file_is_refused(disk: Path) -> None:
    (disk / "a").touch()

    assert problem(disk / "a" / "b") == f"{disk}/a/b cannot be created: {disk}/a is not a folder"


def put_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


@pytest.mark.parametrize(
    ("put", "kind"),
    [(Path.mkdir, "folder"), (os.mkfifo, "fifo"), (put_socket, "socket")],
    ids=["folder", "fifo", "socket"],
)
def test_a_special_file_is_not_replaced_and_its_type_is_reported(
    disk: Path, put: Callable[[Path], None], kind: str
) -> None:
    put(disk / "a")

    assert problem(disk / "a") == f"{disk}/a cannot be created: a {kind} is in its place"


def test_a_device_is_not_replaced_by_a_file(mounted: list[Mount]) -> None:
    mounted.append(Mount("/dev", "ext4", "rw"))

    assert problem(Path("/dev/null")) == "/dev/null cannot be created: a device is in its place"


def test_the_record_must_survive_a_reboot_too(disk: Path, mounted: list[Mount]) -> None:
    mounted.append(Mount(str(disk), "tmpfs", "rw"))

    assert problem(record=f"{disk}/record") == (
        f"{disk}/record does not survive a reboot: {disk} is a tmpfs"
    )


@pytest.mark.parametrize(
    ("mount", "said"),
    [
        (("tmpfs", "rw"), "does not survive a reboot: {0} is a tmpfs"),
        (("ramfs", "rw"), "does not survive a reboot: {0} is a ramfs"),
        (("ext4", "ro,relatime"), "cannot be written: {0} is mounted read-only"),
        (("ext4", "rw,errors=remount-ro"), ""),
    ],
)
def test_a_volatile_or_read_only_place_is_refused(
    disk: Path, mounted: list[Mount], mount: tuple[str, str], said: str
) -> None:
    mounted.append(Mount(str(disk), *mount))

    assert said.format(disk) in problem(disk / "a")
    assert bool(said) == bool(problem(disk / "a"))
    assert not problem(disk.parent / "beside")


def test_the_nearest_mount_decides(disk: Path, mounted: list[Mount]) -> None:
    (disk / "a").mkdir()
    mounted += [Mount(str(disk / "a"), "ext4", "rw"), Mount(str(disk), "tmpfs", "rw")]

    assert not problem(disk / "a" / "b")
    assert problem(disk / "ab")


def test_of_two_mounts_at_one_point_the_later_decides(disk: Path, mounted: list[Mount]) -> None:
    mounted += [Mount(str(disk), "ext4", "rw"), Mount(str(disk), "tmpfs", "rw")]

    assert problem(disk / "a")


def test_all_unwritable_paths_are_reported_together(disk: Path) -> None:
    (disk / "a").mkdir()
    (disk / "b").mkdir()

    assert problem(disk / "a", disk / "b").count("a folder is in its place") == 2
