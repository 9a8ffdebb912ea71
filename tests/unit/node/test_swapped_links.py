"""A user who can rename entries around a managed path gains no access to root's files.

Each operation on a path is tried with a link swapped in before every single call that passes
a path to the kernel, and out again before each of the next calls.
"""

import itertools
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.base.errors import NodeError
from machineconfig_node.comparison import compare, diffs, digest_cache
from machineconfig_node.filesystem import created_folders, durable, image
from machineconfig_node.manifest import desired_state, writing
from machineconfig_node.manifest.desired_state import DesiredPath
from machineconfig_node.preflight.paths import immutable
from machineconfig_node.record.node_record import Record, load
from machineconfig_node.rollback import journal_file, rollback

from tests.unit.node.build import file, manifest

SECRET = b"root's alone"
# The calls that resolve a path.
CALLS = {
    *("open", "stat", "lstat", "readlink", "listdir", "scandir", "mkdir", "rmdir", "rename"),
    *("unlink", "remove", "symlink", "chmod", "chown", "listxattr", "getxattr", "setxattr"),
}
# At most so many calls are between a check and its use.
APART = 3
Operation = Callable[[str, str], Any]


class Disk:
    """`theirs/conf/a` is managed, and a user owns `theirs`; `root/conf` belongs to root."""

    def __init__(self, top: Path) -> None:
        """Reset all files."""
        self.top = top
        self.path = top / "theirs" / "conf" / "a"
        self.hidden = top / "root" / "conf"
        for folder in (self.path.parent, self.hidden / f"{durable.PREFIX}x"):
            folder.mkdir(parents=True)
        self.path.write_bytes(b"theirs")
        for secret in (self.hidden / "a", self.hidden / f"{durable.PREFIX}x" / "new"):
            secret.write_bytes(SECRET)
            secret.chmod(0o600)
        self._before = self._look()

    def swap(self, place: str, target: str) -> None:
        """Replace what is there by a link to `target`, or undo that."""
        here, kept = self.top / place, self.top / f"{place}-kept"
        if here.is_symlink():
            here.unlink()
            if os.path.lexists(kept):
                kept.rename(here)
        else:
            if os.path.lexists(here):
                here.rename(kept)
            here.symlink_to(self.top / target)

    def is_untouched(self) -> bool:
        """Return whether root's files are unchanged."""
        return self._look() == self._before

    def _look(self) -> dict[str, tuple[int, bytes]]:
        found = sorted((self.top / "root").rglob("*"))
        return {
            str(each): (each.lstat().st_mode, each.read_bytes() if each.is_file() else b"")
            for each in found
        }


@pytest.fixture(autouse=True)
def _a_disk_that_needs_no_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


RIGHTS = {"mode": 0o644, "uid": os.getuid(), "gid": os.getgid(), "mtime": 0, "xattrs": {}}
SWAPS = {
    "the path": ("theirs/conf/a", "root/conf/a"),
    "its folder": ("theirs/conf", "root/conf"),
    "a folder around that": ("theirs", "root"),
}


def take(path: str, folder: str) -> object:
    store = Path(folder, "kept")
    image.take(path, str(store))
    return store.read_bytes()


def show(path: str, folder: str) -> object:
    wanted = desired_state.read(manifest(file(Path(path), b"ours")))
    return [(each["before"], each["after"]) for each in diffs.of_change(wanted, Record(""), folder)]


def tell(path: str, folder: str) -> object:
    with digest_cache.opened(0, f"{folder}/digests") as digest:
        return compare._state(path, digest)  # noqa: SLF001 - all that is ever known of a path


def put(path: str, _: str) -> None:
    writing.write(path, DesiredPath(path, "file", path, "file", b"ours", uid=os.getuid()))


def put_link(path: str, _: str) -> None:
    writing.write(path, DesiredPath(path, "file", path, "link", target="/dev/null"))


def put_deeper(path: str, _: str) -> None:
    deeper = f"{os.path.dirname(path)}/b/c/d"  # noqa: PTH120 - as the product does
    put(deeper, "")


def restore(path: str, folder: str) -> None:
    Path(folder, "kept").write_bytes(b"before")
    image.restore(path, {"type": "file", "store": "kept", **RIGHTS}, folder)


def leave(path: str, _: str) -> None:
    created_folders.remove_unneeded([os.path.dirname(path)], [])  # noqa: PTH120 - as the product does


OPERATIONS: dict[str, Operation] = {
    "keeping the original": take,
    "comparing with the original": lambda path, folder: image.matches(
        path, {"type": "file", "store": "kept", **RIGHTS}, folder
    ),
    "comparing with the manifest": tell,
    "showing a difference": show,
    "looking for locks": lambda path, _: list(immutable.locks(path)),
    "writing a file": put,
    "writing a link": put_link,
    "making folders": put_deeper,
    "restoring a file": restore,
    "taking it away": lambda path, _: durable.remove(path),
    "taking its folder away": leave,
    "sweeping": lambda path, _: durable.sweep(os.path.dirname(path)),  # noqa: PTH120 - same
}


def run(operation: Callable[[], object], moments: set[int], act: Callable[[], None]) -> Any:  # noqa: ANN401
    """Call it with `act` before these of its kernel calls; return result and number of calls."""
    count, acting = 0, False

    def heard(_: object, event: str, what: Any) -> None:  # noqa: ANN401 - whatever is called
        nonlocal count, acting
        if event == "c_call" and what.__name__ in CALLS and not acting:
            count += 1
            if count in moments:
                acting = True
                act()
                acting = False

    said: object = None
    sys.setprofile(heard)
    try:
        said = operation()
    except (OSError, NodeError) as error:
        said = str(error)
    finally:
        sys.setprofile(None)
    return said, count


@pytest.mark.parametrize("swap", SWAPS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_link_swapped_in_at_any_moment_is_not_followed(
    tmp_path: Path, folder: str, operation: str, swap: str
) -> None:
    Path(folder, "kept").write_bytes(b"theirs")
    untroubled = str(Disk(tmp_path / "0").path)
    _, calls = run(lambda: OPERATIONS[operation](untroubled, folder), set(), lambda: None)
    assert calls
    for swapped, later in itertools.product(range(1, calls + 1), range(APART + 1)):
        disk = Disk(tmp_path / f"{swapped}-{later}")

        said, _ = run(
            lambda: OPERATIONS[operation](str(disk.path), folder),  # noqa: B023 - called at once
            {swapped, swapped + later},
            lambda: disk.swap(*SWAPS[swap]),  # noqa: B023 - called at once
        )

        assert disk.is_untouched(), (swapped, later)
        assert SECRET.decode() not in str(said), (swapped, later)


@pytest.mark.parametrize("swap", SWAPS)
def test_a_whole_apply_neither_copies_nor_changes_files_of_root(
    tmp_path: Path, folder: str, swap: str
) -> None:
    for moment in itertools.count(1, 5):
        disk = Disk(tmp_path / str(moment))
        wanted = desired_state.read(manifest(file(disk.path, b"ours")))
        transaction = Transaction(folder, load(folder), wanted, "boot-1")

        _, calls = run(lambda: transaction.run([]), {moment}, lambda: disk.swap(*SWAPS[swap]))  # noqa: B023

        assert disk.is_untouched(), moment
        kept = [each.read_bytes() for each in Path(folder).rglob("*") if each.is_file()]
        assert SECRET not in kept, moment
        rollback.roll_back_disk(
            folder, journal_file.read(folder) or {"images": {}, "folders": [], "keys": {}}
        )
        assert disk.is_untouched(), moment
        journal_file.discard(folder)
        # Without its index too, from which the record would be made anew.
        for name in ("record.json", "originals/index.json"):
            Path(folder, name).unlink(missing_ok=True)
        if moment > calls:
            break


@pytest.mark.parametrize("swap", SWAPS)
def test_originals_are_kept_while_a_user_swaps_links_thousands_of_times(
    tmp_path: Path, folder: str, swap: str
) -> None:
    disk, over = Disk(tmp_path / "raced"), threading.Event()

    def race() -> None:
        while not over.is_set():
            disk.swap(*SWAPS[swap])

    racer = threading.Thread(target=race)
    racer.start()
    kept = []
    try:
        for _ in range(3000):
            try:
                taken = image.take(str(disk.path), f"{folder}/kept")
            except (OSError, NodeError):
                continue
            if taken["type"] == "file":
                kept.append((Path(folder, "kept").read_bytes(), taken["mode"]))
    finally:
        over.set()
        racer.join()

    assert {content for content, _ in kept} <= {b"theirs"}
    assert disk.is_untouched()
