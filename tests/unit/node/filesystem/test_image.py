"""A path is restored exactly."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from machineconfig_node.base.errors import NodeError
from machineconfig_node.filesystem import image


def look(path: Path) -> tuple[object, ...]:
    """Return all that an image keeps of a path."""
    if not os.path.lexists(path):
        return ("absent",)
    found = path.lstat()
    if path.is_symlink():
        return ("link", str(path.readlink()))
    return (
        "file",
        path.read_bytes(),
        stat.S_IMODE(found.st_mode),
        found.st_uid,
        found.st_gid,
        found.st_mtime_ns,
        {name: os.getxattr(path, name) for name in os.listxattr(path)},
    )


def nothing(_: Path) -> None:
    """Create nothing at the path."""


def a_file(path: Path) -> None:
    path.write_bytes(b"\0original\xff")
    path.chmod(0o4751)
    os.utime(path, ns=(1, 1_600_000_000_123_456_789))


def a_link(path: Path) -> None:
    path.symlink_to("somewhere/else")


def another_file(path: Path) -> None:
    path.write_bytes(b"ours")


@pytest.mark.parametrize("after", [nothing, another_file, a_link])
@pytest.mark.parametrize("before", [nothing, a_file, a_link])
def test_an_image_is_restored_over_whatever_is_there(
    disk: Path, folder: str, before: Callable[[Path], None], after: Callable[[Path], None]
) -> None:
    path = disk / "a"
    before(path)
    original = look(path)

    taken = image.take(str(path), os.path.join(folder, "kept"))  # noqa: PTH118 - as the product does
    path.unlink(missing_ok=True)
    after(path)
    image.restore(str(path), taken, folder)

    assert look(path) == original


def test_extended_attributes_are_restored(disk: Path, folder: str) -> None:
    path = disk / "a"
    path.touch()
    try:
        os.setxattr(path, "user.origin", b"\0distribution")
    except OSError:
        pytest.skip("the file system of the temporary folder keeps no extended attributes")

    taken = image.take(str(path), f"{folder}/kept")
    path.unlink()
    image.restore(str(path), taken, folder)

    assert os.getxattr(path, "user.origin") == b"\0distribution"


def test_a_path_below_a_file_is_absent(disk: Path, folder: str) -> None:
    (disk / "a").touch()

    assert image.take(str(disk / "a" / "b"), f"{folder}/kept") == {"type": "absent"}


def test_the_content_of_an_original_is_readable_by_root_only(disk: Path, folder: str) -> None:
    (disk / "a").write_bytes(b"secret")
    (disk / "a").chmod(0o644)

    image.take(str(disk / "a"), f"{folder}/kept")

    assert stat.S_IMODE(Path(folder, "kept").stat().st_mode) == 0o600


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_no_image_is_taken_of_a_special_file(
    disk: Path, folder: str, make: Callable[[Path], None]
) -> None:
    make(disk / "a")

    with pytest.raises(NodeError, match="neither a regular file nor a link; move it away"):
        image.take(str(disk / "a"), f"{folder}/kept")
