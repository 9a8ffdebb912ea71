"""A warning names managed files that other users can replace."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from machineconfig_node.filesystem import mounts, safe_paths
from machineconfig_node.manifest import desired_state
from machineconfig_node.preflight import overlay
from machineconfig_node.preflight.paths import exposed_paths

from tests.unit.node.build import file, manifest


def cautions(*files: dict[str, Any]) -> list[str]:
    return list(exposed_paths.warnings(desired_state.read(manifest(*files))))


def shared(folder: Path) -> None:
    folder.chmod(0o777)


def private(folder: Path) -> None:
    folder.chmod(0o755)


def like_tmp(folder: Path) -> None:
    folder.chmod(0o1777)


@pytest.mark.parametrize(
    ("make", "entry", "exposed"),
    [
        (private, "inner", ""),
        (shared, "inner", "theirs"),
        (like_tmp, "inner", ""),
        (like_tmp, "missing", "theirs"),
    ],
)
def test_the_outermost_folder_that_others_can_rename_in_is_found(
    disk: Path, make: Callable[[Path], None], entry: str, exposed: str
) -> None:
    (disk / "theirs" / "inner").mkdir(parents=True)
    make(disk / "theirs")

    found = safe_paths.exposed_folder(str(disk / "theirs" / entry / "a"))

    assert found == (str(disk / exposed) if exposed else "")


def test_an_overlay_covers_only_folders_that_others_cannot_rename(disk: Path) -> None:
    (disk / "theirs" / "inner").mkdir(parents=True)
    (disk / "ours").mkdir()
    shared(disk / "theirs")

    paths = [f"{disk}/theirs/inner/a", f"{disk}/ours/a"]

    overlaid = overlay._overlaid(paths, mounts.read())  # noqa: SLF001 - needs no mounts

    assert overlaid == [f"{disk}/ours", f"{disk}/theirs"]


def test_files_that_others_can_replace_cause_a_warning_with_a_remedy(disk: Path) -> None:
    (disk / "shared").mkdir()
    shared(disk / "shared")

    [said] = cautions(file(disk / "shared" / "a"), file(disk / "shared" / "b"), file(disk / "c"))

    assert said.startswith(
        f"users other than root can rename entries in {disk}/shared and replace "
    )
    assert f"{disk}/shared/a, {disk}/shared/b: make the owner of the folder" in said


def test_a_users_own_file_in_the_users_own_folder_causes_no_warning(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (disk / "home").mkdir()
    monkeypatch.setattr(safe_paths, "exposed_folder", lambda _: str(disk / "home"))

    assert cautions(file(disk / "home" / "a")) == []
    assert cautions(file(disk / "home" / "a", user=4711))
