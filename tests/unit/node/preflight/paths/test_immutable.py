"""Locked files are reported before a change fails because of them."""

from pathlib import Path

import pytest
from machineconfig_node.base.errors import NodeError
from machineconfig_node.preflight.paths import immutable

IMMUTABLE, APPEND_ONLY = 0x10, 0x20


@pytest.fixture(autouse=True)
def locks(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """The locked paths of the node."""
    found: dict[str, int] = {}
    monkeypatch.setattr(immutable, "_flags", lambda path: found.get(path, 0))
    return found


def refusal(*paths: Path) -> NodeError | None:
    """Return the problem of changing these paths."""
    try:
        immutable.validate(map(str, paths))
    except NodeError as error:
        return error
    return None


def test_files_without_attributes_can_be_changed(disk: Path) -> None:
    (disk / "a").touch()

    assert not refusal(disk / "a", disk / "b" / "c")


@pytest.mark.parametrize(
    ("lock", "name", "remedy"),
    [(IMMUTABLE, "immutable", "chattr -i"), (APPEND_ONLY, "append-only", "chattr -a")],
)
def test_a_locked_file_is_reported_with_the_command_that_unlocks_it(
    disk: Path, locks: dict[str, int], lock: int, name: str, remedy: str
) -> None:
    (disk / "a").touch()
    locks[str(disk / "a")] = lock

    said = refusal(disk / "a", disk / "b")

    assert said
    assert said.cause == f"{disk}/a cannot be changed: it is {name}"
    assert said.remedy == f"run `{remedy} {disk}/a` on the node, or change the MachineConfig"


def test_a_file_cannot_be_created_in_a_locked_folder(disk: Path, locks: dict[str, int]) -> None:
    locks[str(disk)] = IMMUTABLE

    said = refusal(disk / "a" / "b")

    assert said
    assert said.cause == f"{disk}/a/b cannot be changed: {disk} is immutable"


def test_a_file_system_without_attributes_has_no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()

    assert not refusal(Path("/proc/self/status"), Path("/proc/nowhere"))
