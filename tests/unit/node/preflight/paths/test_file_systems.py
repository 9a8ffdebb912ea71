"""A file whose mode or owner its file system cannot hold is refused before any change."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from machineconfig_node.base.errors import NodeError
from machineconfig_node.filesystem import mounts
from machineconfig_node.filesystem.mounts import Mount
from machineconfig_node.preflight import validation
from machineconfig_node.record.node_record import load

from tests.unit.node.build import file, manifest, read


@pytest.fixture
def other(disk: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder that is listed as another file system."""
    folder = disk / "other"
    folder.mkdir()
    listed = [Mount("/", "ext4", "rw"), Mount(str(folder), "vfat", "rw")]
    monkeypatch.setattr(mounts, "read", lambda: listed)
    yield folder
    assert list(folder.iterdir()) == [], "nothing stays of the test"


def as_on_fat(monkeypatch: pytest.MonkeyPatch) -> None:
    """All files get the same mode."""
    real = os.fchmod

    def fchmod(descriptor: int, mode: int) -> None:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        real(descriptor, 0o755 if is_file else mode)

    monkeypatch.setattr(os, "fchmod", fchmod)


def validate(folder: str, path: Path, mode: int) -> None:
    validation.validate(read(folder, manifest(file(path, mode=mode))), load(folder), folder)


def test_a_mode_that_the_file_system_cannot_hold_is_refused(
    folder: str, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_on_fat(monkeypatch)
    own = f"owner {os.getuid()}:{os.getgid()}"

    with pytest.raises(NodeError) as refused:
        validate(folder, other / "new" / "a", 0o600)

    assert refused.value.cause == (
        f"{other}/new/a cannot have mode 0600 and {own}: {other} (vfat) gives it mode 0755 and"
        f" {own}"
    )
    assert "set the mode and owner that the file system gives" in refused.value.remedy


def test_the_mode_that_the_file_system_gives_is_accepted(
    folder: str, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_on_fat(monkeypatch)

    validate(folder, other / "a", 0o755)


def test_an_owner_that_the_server_does_not_permit_is_refused(
    folder: str, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def squashed(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fchown", squashed)

    with pytest.raises(NodeError, match=r"does not permit it.*no_root_squash"):
        validate(folder, other / "a", 0o644)


def test_another_file_system_that_holds_all_rights_is_accepted(folder: str, other: Path) -> None:
    validate(folder, other / "a", 0o640)
