"""Preflight warns of files that others continue to use after they are replaced."""

import glob
import os
from pathlib import Path

import pytest
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.preflight.paths import other_users
from machineconfig_node.record.node_record import load

from tests.unit.node.build import file, manifest, read


@pytest.fixture
def linked(disk: Path) -> Path:
    (disk / "a").write_bytes(b"theirs")
    os.link(disk / "a", disk / "b")
    return disk / "a"


def warnings(folder: str, given: dict[str, object]) -> list[str]:
    return list(other_users.warnings(read(folder, given), load(folder)))


def test_a_hard_link_is_named_before_it_is_replaced(folder: str, disk: Path, linked: Path) -> None:
    [said] = warnings(folder, manifest(file(linked), file(disk / "c")))

    assert said.startswith(
        f"{linked} has 1 other name (hard links), which keep the present content"
    )
    assert f"-inum {linked.stat().st_ino}`" in said


def test_a_hard_link_is_named_before_it_is_restored_as_a_file_of_its_own(
    folder: str, linked: Path
) -> None:
    given = manifest(file(linked))
    Transaction(folder, load(folder), read(folder, given), "boot-1").run([])

    assert warnings(folder, given) == []
    [said] = warnings(folder, manifest())
    assert said.startswith(f"{linked} is restored as a file of its own: ")
    assert said.endswith("it had 1 other name (hard links)")


def test_the_file_of_a_loop_device_is_named(
    folder: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (disk / "image").write_bytes(b"theirs")
    monkeypatch.setattr(
        other_users, "_backing_files", lambda: [(str(disk / "image"), "/dev/loop3")]
    )

    assert warnings(folder, manifest(file(disk / "image"))) == [
        f"{disk}/image is the backing file of /dev/loop3, which keeps the present content"
    ]


def test_a_loop_device_may_be_detached_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glob, "glob", lambda _: ["/sys/block/loop-gone/loop/backing_file"])

    assert list(other_users._backing_files()) == []  # noqa: SLF001 - what the kernel shows
