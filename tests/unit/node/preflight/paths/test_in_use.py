"""A file that the kernel does not let another one replace is refused before any change."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from machineconfig_node.base.errors import NodeError
from machineconfig_node.filesystem import mounts
from machineconfig_node.preflight import validation
from machineconfig_node.preflight.paths import in_use
from machineconfig_node.record.node_record import load

from tests.unit.node.build import file, manifest, read


@pytest.fixture
def mounted(disk: Path) -> Iterator[Path]:
    """Return a file that is mounted on its own path."""
    path = disk / "a file"
    path.write_bytes(b"theirs")
    done = subprocess.run(["mount", "--bind", path, path], check=False, capture_output=True)
    if done.returncode:
        pytest.skip("the user of the tests may not mount")
    yield path
    subprocess.run(["umount", path], check=True)


def test_a_file_that_is_a_mount_point_is_refused_with_the_command(
    folder: str, disk: Path, mounted: Path
) -> None:
    desired = read(folder, manifest(file(mounted), file(disk / "b")))

    with pytest.raises(NodeError, match="/a file cannot be replaced: a file is mounted on it") as e:
        validation.validate(desired, load(folder), folder)
    assert f"`umount {mounted}`" in e.value.remedy


def test_a_mount_point_that_the_change_does_not_touch_is_accepted(
    folder: str, mounted: Path
) -> None:
    desired = read(folder, manifest(file(mounted, b"theirs", mode=mounted.stat().st_mode & 0o777)))

    validation.validate(desired, load(folder), folder)


def test_a_swap_file_is_refused_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mounts, "swap_files", lambda: ["/swapfile"])

    with pytest.raises(NodeError, match=r"/swapfile cannot be replaced.*`swapoff /swapfile`"):
        in_use.validate(["/etc/motd", "/swapfile"])
