"""A record or journal that is damaged in any way is reported with a remedy."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from machineconfig_node.base.errors import NodeError
from machineconfig_node.check import checking, describe
from machineconfig_node.comparison import compare, diffs
from machineconfig_node.manifest import desired_state
from machineconfig_node.record import lock, node_record
from machineconfig_node.record.node_record import Record, load
from machineconfig_node.restore import originals
from machineconfig_node.rollback import by_run, journal_file, rollback
from machineconfig_node.services import pending_actions

from tests.unit.node.build import manifest
from tests.unit.node.conftest import MACHINE_ID

RIGHTS = {"mode": 0o644, "uid": 4711, "gid": 4711}
ABSENT: dict[str, Any] = {"type": "absent"}
KEPT = {"type": "file", "store": "0a", **RIGHTS, "mtime": 1, "xattrs": {"user.a": "00"}}
A_FILE = {"kind": "file", "name": "{a}", "type": "file", "sha256": "0a", **RIGHTS, "original": KEPT}
A_LINK = {"kind": "unit", "name": "a.service", "type": "link", "target": "/dev/null"}
RESTART = {"type": "Restart", "restart": {"serviceName": "a.service"}}
WHY = {"cause": "it is immutable", "remedy": "unlock it"}
RECORD: dict[str, Any] = {
    "machine_id": MACHINE_ID,
    "schema": 5,
    "serial": 7,
    "run": "run-1",
    "fence": 3,
    "config": "rendered-worker-a",
    "since": "then",
    "claimed": "then",
    "attempt": "attempt-1",
    "paths": {"{disk}/a": A_FILE, "{disk}/gone": {**A_FILE, "type": "absent", "original": ABSENT}},
    "units": {"a.service": {"enabled": True}},
    "links": {"{disk}/wants/a.service": {**A_LINK, "original": {**ABSENT, "boot": "boot-1"}}},
    "unreturned": {
        "{disk}/b": {**A_FILE, **WHY, "original": {"type": "link", "target": "c"}},
        "SSH keys of boot": {"kind": "sshkey", "name": "boot", **WHY},
    },
    "keys": {"user": "boot", "keys": ["ssh-rsa A"]},
    "folders": ["{disk}/made"],
    "debts": {
        "boot_id": "boot-1",
        "actions": [RESTART],
        "daemon_reload": True,
        "booted": False,
        "done": [{**RESTART, "active": True}],
        "watched": ["a.service"],
        "ailing": [],
    },
    "reverted": {"config": "rendered-worker-b", "cause": "why", "cut_off": True},
    "failed": {
        "attempt": "attempt-0",
        "config": "rendered-worker-b",
        "cause": "why",
        "actions": [RESTART],
        "facts": "0a",
    },
    "tombstone": {"by": "admin", "at": "then", "config": "rendered-worker-a"},
}
JOURNAL: dict[str, Any] = {
    "serial": 7,
    "record": RECORD,
    "config": "rendered-worker-b",
    "actions": [RESTART],
    "watched": ["a.service"],
    "ailing": [],
    "awaits_confirmation": True,
    "confirm_within": 60,
    "folders": ["{disk}/made"],
    "images": {"{disk}/a": KEPT, "{disk}/b": {"type": "link", "target": "c"}, "{disk}/c": ABSENT},
    "keys": {"boot": "ssh-rsa A\n"},
}
FILES = {"record.json": RECORD, "journal.json": JOURNAL}


@pytest.fixture(autouse=True)
def _boot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_record, "boot_id", lambda: "boot-1")


def put(folder: str, disk: Path, name: str, data: object) -> None:
    """Write the file, with paths on the disk."""
    text = json.dumps(data).replace("{disk}", str(disk)).replace("{a}", f"{disk}/a")
    Path(folder, name).write_text(text)


def read(folder: str) -> None:
    """Use the files as every step, the watchdog and each reader of the record does."""
    found, journal = load(folder), journal_file.read(folder)
    describe.describe(found, "boot-1", folder)
    wanted = desired_state.read(manifest(config="rendered-worker-b"))
    checking.check(wanted, folder)
    diffs.of_restored({**found.paths, **found.links}, folder)
    originals.to_retry(found)
    compare.of_record(wanted, found)
    pending_actions.units_of(found.pending("boot-1"))
    if journal is not None:
        by_run.is_possible(folder, found)
        rollback.roll_back_disk(folder, journal)
        Record.read(journal["record"])


def is_told(folder: str) -> bool:
    """Return whether it is refused as damaged; any other kind of error fails the test.

    Its content may still be invalid: then it refers to a missing or an unwritable file.
    """
    try:
        read(folder)
    except NodeError as error:
        return "is damaged" in error.cause and bool(error.remedy)
    except OSError:
        return False
    return False


@pytest.mark.parametrize("name", FILES)
def test_a_valid_file_is_read(folder: str, disk: Path, name: str) -> None:
    Path(folder, "originals", "0a").touch()
    Path(folder, "transaction", "0a").touch()
    put(folder, disk, name, FILES[name])

    read(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_valid_file_is_valid_in_every_locale(folder: str, disk: Path, name: str) -> None:
    odd = json.dumps(FILES[name]).replace("why", "a log of 9 lines …").replace("gone", "jürgen")
    put(folder, disk, name, json.loads(odd))
    shape = Path(name).stem.upper()
    demand = f"state_file.validate(record_schema.{shape}, state_file.read(sys.argv[1]))"
    read = f"import sys; from machineconfig_node.record import record_schema, state_file; {demand}"
    package = str(Path(node_record.__file__).parents[2])
    ascii_only = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}

    done = subprocess.run(
        [sys.executable, "-c", read, str(Path(folder, name))],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **ascii_only, "PYTHONPATH": package},
    )

    assert done.returncode == 0, done.stderr


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=JSON, name=st.sampled_from(sorted(FILES)))
def test_any_other_json_is_reported_as_damage(folder: str, value: object, name: str) -> None:
    Path(folder, name).write_text(json.dumps(value))

    assert is_told(folder)
    Path(folder, name).unlink()


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_reported_as_damage(folder: str, disk: Path, name: str) -> None:
    put(folder, disk, name, FILES[name])
    path = Path(folder, name)
    whole = path.read_bytes()

    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert is_told(folder), length


OTHERS: list[Any] = [
    *(None, True, -1, 1.5, float("nan"), 10**30, "", "\0", "\ud800", "../x", "x" * 5000),
    *([], {}, [None], {"x": None}, {"type": "file"}, [[]]),
]


def mutations(data: Any) -> Iterator[Any]:  # noqa: ANN401 - any JSON
    """Yield the data with one value removed, added or replaced, at any depth."""
    if isinstance(data, dict):
        yield from ({k: v for k, v in data.items() if k != name} for name in data)
        yield {**data, "unknown": 1}
        for name, inner in data.items():
            yield from ({**data, name: each} for each in (*OTHERS, *mutations(inner)))
    elif isinstance(data, list):
        yield [*data, None]
        for number, inner in enumerate(data):
            for each in (*OTHERS, *mutations(inner)):
                yield [*data[:number], each, *data[number + 1 :]]


@pytest.mark.parametrize("name", FILES)
def test_one_invalid_value_anywhere_is_reported_as_damage(
    folder: str, disk: Path, name: str
) -> None:
    told = []
    for mutated in mutations(FILES[name]):
        put(folder, disk, name, mutated)
        told.append(is_told(folder))

    assert len(told) > 1000
    assert sum(told) > len(told) / 2


def nothing(_: Path) -> None:
    """Create an empty file."""


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (Path.mkdir, "a folder is in its place"),
        (os.mkfifo, "a fifo is in its place"),
        (a_socket, "a socket is in its place"),
        (lambda path: path.symlink_to("/etc/hostname"), "a link is in its place"),
        (Path.touch, "it is empty"),
        (lambda path: path.write_bytes(b"\x7fELF\0\xff"), "it is not JSON"),
        (lambda path: path.write_text("[" * 100_000), "it is nested too deeply"),
        (lambda path: os.truncate(path.open("x").name, 1 << 40), "it is larger than"),
    ],
)
def test_a_file_that_is_no_record_is_described(
    folder: str, name: str, make: Callable[[Path], None], said: str
) -> None:
    make(Path(folder, name))

    with pytest.raises(
        NodeError, match=f"{name} is damaged: {said}.*; restore it.* or move it away"
    ):
        read(folder)


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/etc/a")])
def test_a_special_file_in_place_of_the_lock_is_reported_without_blocking(
    folder: str, make: Callable[[Path], None]
) -> None:
    make(Path(folder, "lock"))

    with pytest.raises(NodeError, match="/lock"), lock.locked(folder):
        pass
