"""--diff shows world-readable contents, and size and digest of all others."""

from pathlib import Path
from typing import Any

import pytest
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.comparison.diffs import of_change
from machineconfig_node.manifest import desired_state
from machineconfig_node.record.node_record import load

from tests.unit.node.build import file, manifest

NOTHING = desired_state.DesiredState(config="", paths={}, enablement={}, user="", keys=[])


def shown(folder: str, given: dict[str, Any]) -> list[dict[str, str]]:
    return of_change(desired_state.read(given), load(folder), folder)


def write(path: Path, content: bytes, mode: int) -> None:
    path.write_bytes(content)
    path.chmod(mode)


def test_a_world_readable_text_is_shown(folder: str, disk: Path) -> None:
    write(disk / "a", b"one\n", 0o644)

    assert shown(folder, manifest(file(disk / "a", b"two\n"))) == [
        {
            "before_header": f"{disk}/a",
            "before": "one\n",
            "after_header": f"{disk}/a",
            "after": "two\n",
        }
    ]


@pytest.mark.parametrize(("before", "after"), [(0o600, 0o644), (0o644, 0o600), (0o600, 0o600)])
def test_a_content_that_is_or_was_protected_is_never_shown(
    folder: str, disk: Path, before: int, after: int
) -> None:
    write(disk / "a", b"SECRET-BEFORE", before)

    found = str(shown(folder, manifest(file(disk / "a", b"SECRET-AFTER", mode=after))))

    assert "SECRET" not in found
    assert "(13 bytes, sha256 " in found
    assert "(12 bytes, sha256 " in found


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a\0b", b"x" * (1 << 18)])
def test_binary_and_very_large_contents_are_not_shown(
    folder: str, disk: Path, content: bytes
) -> None:
    found = shown(folder, manifest(file(disk / "a", content)))

    assert f"({len(content)} bytes, sha256 " in found[0]["after"]


def test_a_changed_mode_is_shown(folder: str, disk: Path) -> None:
    write(disk / "a", b"same\n", 0o640)

    found = shown(folder, manifest(file(disk / "a", b"same\n", mode=0o644)))

    assert "mode 0640" in found[0]["before"]
    assert "mode 0644" in found[0]["after"]


def test_a_restored_path_is_shown_with_its_original(folder: str, disk: Path) -> None:
    write(disk / "a", b"original\n", 0o644)
    wanted = desired_state.read(manifest(file(disk / "a", b"ours\n"), keys=("ssh-rsa OURS",)))
    Transaction(folder, load(folder), wanted, "boot-1").run([])

    path, keys = of_change(NOTHING, load(folder), folder)

    assert (path["before"], path["after"]) == ("ours\n", "original\n")
    assert (keys["before"][:9], keys["after"]) == ("1 in all,", "none\n")
