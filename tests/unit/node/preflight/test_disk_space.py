"""A change that does not fit is refused before it fills the disk."""

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from machineconfig_node.base.errors import NodeError
from machineconfig_node.manifest import desired_state
from machineconfig_node.preflight import changes, disk_space
from machineconfig_node.record.node_record import Record

from tests.unit.node.build import file, manifest

MEBIBYTE = 1 << 20
Disk = Callable[..., None]


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """Set the free space."""

    def has(size: int, inodes: int = 1000, all_inodes: int = 10_000) -> None:
        found = SimpleNamespace(
            f_frsize=4096, f_bavail=size // 4096, f_favail=inodes, f_files=all_inodes
        )
        monkeypatch.setattr(os, "statvfs", lambda _: found)

    return has


def problem(folder: str, *files: dict[str, object]) -> str:
    """Return the problem of writing these files; empty if there is none."""
    wanted = desired_state.read(manifest(*files))
    try:
        disk_space.validate(changes.of(wanted, Record(machine_id=""), folder))
    except NodeError as error:
        return error.cause
    return ""


def test_a_change_that_fits_is_accepted(folder: str, disk: Path, free: Disk) -> None:
    free(8 * MEBIBYTE)

    assert not problem(folder, file(disk / "a", b"x" * MEBIBYTE))


def test_many_files_must_fit_together(folder: str, disk: Path, free: Disk) -> None:
    free(8 * MEBIBYTE)

    said = problem(folder, *(file(disk / name, b"x" * 3 * MEBIBYTE) for name in "abc"))

    assert said == (
        f"the file system of {disk} is too full: the change needs 11.5 MiB, and 8.0 MiB are free"
    )


def test_copies_of_previous_contents_and_a_reserve_to_restore_them_must_fit_too(
    folder: str, disk: Path, free: Disk
) -> None:
    (disk / "a").write_bytes(b"x" * 5 * MEBIBYTE)
    free(8 * MEBIBYTE)

    assert "needs 17.5 MiB" in problem(folder, file(disk / "a", b""))


def test_a_file_needs_an_inode_even_if_there_is_space(folder: str, disk: Path, free: Disk) -> None:
    free(8 * MEBIBYTE, inodes=3)

    assert problem(folder, file(disk / "a")) == f"the file system of {disk} has only 3 inodes left"


def test_inodes_are_left_for_a_rollback_too(folder: str, disk: Path, free: Disk) -> None:
    free(8 * MEBIBYTE, inodes=150)

    assert "has only 150 inodes left" in problem(folder, file(disk / "a"))


def test_a_file_system_that_reports_no_inodes_has_enough(
    folder: str, disk: Path, free: Disk
) -> None:
    free(8 * MEBIBYTE, inodes=0, all_inodes=0)

    assert not problem(folder, file(disk / "a"))
