"""A file is read again unless it cannot have changed, so a check is never outdated."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from machineconfig_node.comparison import compare, digest_cache
from machineconfig_node.filesystem import safe_paths
from machineconfig_node.manifest import desired_state
from machineconfig_node.record import node_record

from tests.unit.node.build import file, manifest

HOUR = 3600


class Clocks:
    """The wall clock and the uptime; the files of a test are a minute old when it begins."""

    def __init__(self) -> None:
        """Start with the real clocks."""
        self.passed = 60 * 10**9
        self.set = 0

    def pass_by(self, seconds: float) -> None:
        self.passed += int(seconds * 10**9)

    def turn(self, seconds: float) -> None:
        self.set += int(seconds * 10**9)


@pytest.fixture(autouse=True)
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    """Both clocks; files get their times from the real one."""
    found = Clocks()
    wall, uptime = digest_cache.wall, digest_cache.uptime
    monkeypatch.setattr(digest_cache, "wall", lambda: wall() + found.passed + found.set)
    monkeypatch.setattr(digest_cache, "uptime", lambda: uptime() + found.passed)
    return found


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """The path of the cache, below a folder that does not exist yet."""
    return tmp_path / "run" / "machine-config" / "digests.json"


@pytest.fixture
def looked_at(disk: Path) -> Path:
    """A file without differences."""
    path = disk / "a"
    path.write_bytes(b"ours")
    path.chmod(0o644)
    return path


Look = Callable[[], tuple[list[str], int]]


@pytest.fixture
def look(disk: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Look:
    """Compare the file; return the differences, and the number of files that were read."""
    wanted = desired_state.read(manifest(file(disk / "a")))
    real, read = compare.digest, [0]

    def counted(path: str, found: safe_paths.OpenPath) -> str:
        read[0] += 1
        return real(path, found)

    monkeypatch.setattr(compare, "digest", counted)

    def once(full_read_after: int = HOUR) -> tuple[list[str], int]:
        read[0] = 0
        with digest_cache.opened(full_read_after, str(cache)) as tell:
            return [each.what for each in compare.of_paths(wanted, tell)], read[0]

    return once


def rewrite(path: Path, content: bytes) -> None:
    """Change a file in place, and reset its times."""
    before = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_an_unchanged_file_is_read_once(looked_at: Path, look: Look) -> None:
    assert look() == ([], 1)
    assert look() == ([], 0)
    assert looked_at.exists()


def test_persistent_drift_is_reported_again_without_reading(looked_at: Path, look: Look) -> None:
    looked_at.write_bytes(b"them")

    assert look() == (["content"], 1)
    assert look() == (["content"], 0)


def test_a_change_with_the_same_size_and_mtime_is_found(looked_at: Path, look: Look) -> None:
    look()
    rewrite(looked_at, b"them")

    assert look() == (["content"], 1)


def test_a_replaced_file_is_read(looked_at: Path, look: Look) -> None:
    look()
    before = looked_at.stat()
    other = looked_at.with_name("b")
    other.write_bytes(b"them")
    other.chmod(0o644)
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.rename(looked_at)

    assert look() == (["content"], 1)


def test_mode_and_absence_are_found_without_reading(looked_at: Path, look: Look) -> None:
    look()
    looked_at.unlink()

    assert look() == (["missing"], 0)


def test_a_recently_changed_file_is_read_each_time(
    looked_at: Path, look: Look, clocks: Clocks
) -> None:
    clocks.passed = 0
    assert look() == ([], 1)
    assert look() == ([], 1)

    clocks.pass_by(60)

    assert look() == ([], 1)
    assert look() == ([], 0)
    assert looked_at.exists()


def test_a_second_change_within_one_clock_tick_is_found(
    looked_at: Path, look: Look, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock does not advance between two changes of the same size."""
    clocks.passed = 0
    stands = looked_at.stat()
    frozen = (stands.st_ctime_ns, stands.st_mtime_ns)
    monkeypatch.setattr(
        digest_cache, "_attributes", lambda found: (found.st_ino, found.st_size, *frozen)
    )
    look()
    rewrite(looked_at, b"them")

    assert look() == (["content"], 1)


def test_after_the_full_read_interval_all_files_are_read(
    looked_at: Path, look: Look, clocks: Clocks
) -> None:
    look()
    clocks.pass_by(HOUR - 10)
    assert look() == ([], 0)

    clocks.pass_by(20)

    assert look() == ([], 1)
    assert look() == ([], 0)
    assert looked_at.exists()


def test_only_a_full_read_restarts_the_interval(
    looked_at: Path, look: Look, clocks: Clocks
) -> None:
    look()
    clocks.pass_by(HOUR - 10)
    os.utime(looked_at)
    clocks.passed += 5 * 10**9
    look()
    clocks.pass_by(10)

    assert look() == ([], 1)


def test_an_interval_of_zero_reads_each_time(
    looked_at: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    real = compare.digest

    def counted(path: str, found: safe_paths.OpenPath) -> str:
        told.append(path)
        return real(path, found)

    monkeypatch.setattr(compare, "digest", counted)
    for _ in range(3):
        opened, looked = digest_cache.opened(0, str(cache)), safe_paths.opened(str(looked_at))
        with opened as tell, looked as found:
            assert found
            tell(str(looked_at), found)

    assert len(told) == 3


@pytest.mark.parametrize("seconds", [-HOUR, -2, 2, HOUR])
def test_a_step_of_the_clock_invalidates_the_cache(
    looked_at: Path, look: Look, clocks: Clocks, seconds: float
) -> None:
    look()
    clocks.turn(seconds)

    assert look()[1] == 1
    assert looked_at.exists()


def test_a_file_with_a_future_time_is_read_each_time(
    looked_at: Path, look: Look, clocks: Clocks
) -> None:
    clocks.turn(-HOUR)

    assert look() == ([], 1)
    assert look() == ([], 1)
    assert looked_at.exists()


def test_another_boot_invalidates_the_cache(
    looked_at: Path, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    look()
    monkeypatch.setattr(node_record, "boot_id", lambda: "another")

    assert look() == ([], 1)
    assert looked_at.exists()


BROKEN = {
    "nothing": "",
    "half of it": '{"boot_id": "',
    "another kind of JSON": "[1, 2]",
    "no digests": "{}",
    "digests of another kind": '{"boot_id": "b", "full_read": 0, "ahead": 0, "digests": [1]}',
    "entries of another kind": '{"boot_id": "b", "full_read": 0, "ahead": 0, "digests": {"a": 1}}',
    "bytes": "\udcff\udcfe",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_an_invalid_cache_is_replaced(
    looked_at: Path, look: Look, cache: Path, content: str
) -> None:
    look()
    cache.write_bytes(content.encode(errors="surrogateescape"))

    assert look() == ([], 1)
    assert look() == ([], 0)
    assert looked_at.exists()


def _open_to_all(cache: Path) -> None:
    cache.chmod(0o644)


def _linked(cache: Path) -> None:
    cache.symlink_to(cache.rename(cache.with_name("elsewhere")))


@pytest.mark.parametrize("make", [_open_to_all, _linked])
def test_a_cache_that_others_may_have_written_is_ignored(
    looked_at: Path, look: Look, cache: Path, make: Callable[[Path], None]
) -> None:
    look()
    make(cache)

    assert look() == ([], 1)
    assert looked_at.exists()


def test_without_a_writable_cache_all_files_are_read(
    looked_at: Path, look: Look, cache: Path
) -> None:
    cache.parent.parent.write_text("no folder")

    assert look() == ([], 1)
    assert look() == ([], 1)
    assert looked_at.exists()


def test_the_cache_is_private_and_contains_no_file_contents(
    looked_at: Path, look: Look, cache: Path
) -> None:
    look()

    assert cache.stat().st_mode & 0o777 == 0o600
    assert cache.parent.stat().st_mode & 0o777 == 0o700
    assert "ours" not in cache.read_text()
    assert list(json.loads(cache.read_text())["digests"]) == [str(looked_at)]
    assert list(cache.parent.iterdir()) == [cache]


def test_an_unchanged_cache_is_not_written(looked_at: Path, look: Look, cache: Path) -> None:
    look()
    before = cache.stat()
    look()

    assert cache.stat().st_ino == before.st_ino
    assert looked_at.exists()


@pytest.mark.parametrize("put", [lambda path: path.symlink_to("/etc/passwd"), os.mkfifo])
def test_a_file_replaced_during_the_check_is_neither_followed_nor_waited_for(
    looked_at: Path, put: Callable[[Path], None]
) -> None:
    with safe_paths.opened(str(looked_at)) as found:
        assert found
        looked_at.unlink()
        put(looked_at)

        assert compare.digest(str(looked_at), found) == hashlib.sha256(b"ours").hexdigest()
