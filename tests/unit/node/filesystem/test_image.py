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

    taken = image.take(str(path), folder)
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

    taken = image.take(str(path), folder)
    path.unlink()
    image.restore(str(path), taken, folder)

    assert os.getxattr(path, "user.origin") == b"\0distribution"


def test_a_path_below_a_file_is_absent(disk: Path, folder: str) -> None:
    (disk / "a").touch()

    assert image.take(str(disk / "a" / "b"), folder) == {"type": "absent"}


def test_the_content_of_an_original_is_readable_by_root_only(disk: Path, folder: str) -> None:
    (disk / "a").write_bytes(b"secret")
    (disk / "a").chmod(0o644)

    taken = image.take(str(disk / "a"), folder)

    assert stat.S_IMODE(Path(folder, taken["store"]).stat().st_mode) == 0o600


def test_the_content_of_an_original_is_never_replaced(disk: Path, folder: str) -> None:
    (disk / "a").write_bytes(b"theirs")
    first = image.take(str(disk / "a"), folder)
    (disk / "a").write_bytes(b"ours")
    image.take(str(disk / "a"), folder)

    image.restore(str(disk / "a"), first, folder)

    assert (disk / "a").read_bytes() == b"theirs"


@pytest.mark.parametrize("lose", [Path.unlink, lambda path: path.write_bytes(b"torn")])
def test_a_lost_content_is_not_restored(
    disk: Path, folder: str, lose: Callable[[Path], object]
) -> None:
    (disk / "a").write_bytes(b"theirs")
    taken = image.take(str(disk / "a"), folder)
    assert not image.is_lost(taken, folder)
    lose(Path(folder, taken["store"]))
    (disk / "a").write_bytes(b"ours")

    with pytest.raises(image.LostContentError, match=r"its original is lost: .* is (missing|dam)"):
        image.restore(str(disk / "a"), taken, folder)
    assert image.is_lost(taken, folder)
    assert (disk / "a").read_bytes() == b"ours"


def test_an_image_of_an_earlier_version_is_restored(disk: Path, folder: str) -> None:
    (disk / "a").write_bytes(b"theirs")
    taken = image.take(str(disk / "a"), folder)
    Path(folder, taken["store"]).rename(Path(folder, "name"))
    (disk / "a").unlink()

    image.restore(
        str(disk / "a"),
        {key: taken[key] for key in taken if key != "sha256"} | {"store": "name"},
        folder,
    )

    assert (disk / "a").read_bytes() == b"theirs"


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_no_image_is_taken_of_a_special_file(
    disk: Path, folder: str, make: Callable[[Path], None]
) -> None:
    make(disk / "a")

    with pytest.raises(NodeError, match="neither a regular file nor a link; move it away"):
        image.take(str(disk / "a"), folder)
