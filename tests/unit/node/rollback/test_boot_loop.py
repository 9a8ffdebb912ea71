"""Boots into an unconfirmed config are counted, so that an endless loop of reboots ends."""

import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from machineconfig_node.record import node_record
from machineconfig_node.rollback import boot_loop


def begin(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_record, "boot_id", lambda: "b-0")
    boot_loop.begin(str(folder))


def count(folder: Path, boot: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(node_record, "boot_id", lambda: boot)
    return boot_loop.count(str(folder))


def test_the_fourth_boot_without_a_confirmation_is_a_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(tmp_path, monkeypatch)

    boots = [count(tmp_path, f"b-{boot}", monkeypatch) for boot in (0, 1, 1, 2, 3, 4)]

    assert boots == [0, 1, 1, 2, 3, 4]
    assert [boot_loop.is_loop(each) for each in boots] == [False] * 5 + [True]


def test_another_apply_counts_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(tmp_path, monkeypatch)
    count(tmp_path, "b-1", monkeypatch)

    begin(tmp_path, monkeypatch)

    assert count(tmp_path, "b-2", monkeypatch) == 1


def test_a_boot_is_counted_when_its_disk_was_checked_and_is_writable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(tmp_path, monkeypatch)
    looks = [0, os.ST_RDONLY, os.ST_RDONLY, os.ST_RDONLY]
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=looks.pop()))
    monkeypatch.setattr(time, "sleep", lambda _: None)

    assert count(tmp_path, "b-1", monkeypatch) == 1
    assert not looks


def test_a_boot_whose_root_stays_read_only_is_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "sleep", lambda _: clock.__setitem__(0, clock[0] + 60))

    assert count(tmp_path, "b-1", monkeypatch) == 0
    assert not (tmp_path / "boots").exists()
