"""A run ends with the controller and within its limits, and leaves nothing behind."""

import errno
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from controller.api.json_object import Json
from controller.execution.limits import Limits
from controller.execution.local import LocalExecutor
from controller.execution.private_folder import folder_of_runs
from controller.execution.protocol import Connection, Host, Request, Result

PLAYBOOKS: Final = Path(__file__).parents[3] / "playbooks"
PATIENT: Final = Limits(60)
CONNECTION: Final = Connection("root", 22, None, None)
CONTENT: Final = "no one else is to read this"
CONFIG: Final[Json] = {
    "apiVersion": "machineconfiguration.alauda.io/v1alpha1",
    "kind": "MachineConfig",
    "metadata": {"name": "rendered-worker-1"},
    "spec": {
        "config": {
            "ignition": {"version": "3.4.0"},
            "storage": {
                "files": [
                    {
                        "path": "/etc/secret",
                        "mode": 0o600,
                        "contents": {"source": f"data:,{CONTENT.replace(' ', '%20')}"},
                    }
                ]
            },
        }
    },
}
# It replaces ssh; to one node it keeps a connection open, as the master of ssh does.
_SSH: Final = """#!/usr/bin/env python3
import os, re, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: os._exit(255))
node = next(each.rpartition("=")[2] for each in sys.argv if each.startswith("HostKeyAlias="))
# As sudo does once the user is allowed to become root.
print(*re.findall("BECOME-SUCCESS-[a-z]+", sys.argv[-1]), flush=True)
sys.stdin.read()
if node == "keeps" and not os.fork():
    os.setsid()
    time.sleep(600)
if node in {"hangs", "keeps"}:
    time.sleep(600)
while node == "floods":
    os.write(1, b"a" * 65536)
print("no answer of a module")
"""
_CONTROLLER: Final = """
import sys, time
from tests.unit.execution.test_guard import executor, request
from pathlib import Path
started = executor(Path(sys.argv[1]))
for each in range(int(sys.argv[2])):
    started.start(request("keeps", name=f"run-{each}"))
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def _ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(_SSH)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "s"


def executor(state: Path) -> LocalExecutor:
    return LocalExecutor(state, PLAYBOOKS, {}, lambda: None, PATIENT)


def request(*nodes: str, name: str = "") -> Request:
    hosts = tuple(Host(node, "192.0.2.1", CONFIG, CONNECTION) for node in nodes)
    return Request("check.yml", hosts, None, 1, name)


def ended(state: Path, *nodes: str, limits: Limits = PATIENT) -> dict[str, Result]:
    """Return how a check of these nodes ended."""
    moved = threading.Event()
    run = LocalExecutor(state, PLAYBOOKS, {}, moved.set, limits).start(request(*nodes))
    while run.results is None:
        moved.wait()
        moved.clear()
    run.wait()
    return dict(run.results)


def of_runs(state: Path) -> set[int]:
    """Return the processes with the folder in their environment or their command line."""
    found = set[int]()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        except OSError:
            continue
        if os.fsencode(state) in words and int(process.name) != os.getpid():
            found.add(int(process.name))
    return found


def command_line(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def contents(state: Path) -> list[Path]:
    """Return the files that contain a part of the config."""
    files = [each for each in state.rglob("*") if each.is_file()]
    return [each for each in files if each.name.startswith("rendered") or CONTENT[:9] in text(each)]


def text(file: Path) -> str:
    return file.read_bytes().decode(errors="replace")


def until(holds: Callable[[], object]) -> None:
    """Wait until the condition holds."""
    end = time.monotonic() + 300
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


# How many of the processes that three runs come to are there when the controller is killed.
@pytest.mark.parametrize("number", [2, 7, 12, 17])
def test_a_controller_that_is_killed_leaves_no_process_and_the_next_finds_no_contents(
    state: Path, number: int
) -> None:
    words = [sys.executable, "-c", _CONTROLLER, str(state), "3"]
    with subprocess.Popen(words) as controller:
        until(lambda: len(of_runs(state)) > number)
        controller.kill()
    until(lambda: not of_runs(state))
    # It may have been killed before there was anyone to clean up.
    executor(state)

    assert contents(state) == []


def test_a_run_that_is_cancelled_leaves_no_process_and_no_contents(state: Path) -> None:
    run = executor(state).start(request("keeps"))
    until(lambda: b"HostKeyAlias=keeps" in b"".join(map(command_line, of_runs(state))))

    run.cancel()
    run.wait()

    assert of_runs(state) == set()
    assert contents(state) == []


def test_contents_left_by_a_power_cut_are_deleted_by_the_next_controller(
    state: Path,
) -> None:
    left = folder_of_runs(state) / "update-w-1" / "configs" / "rendered-worker-1.json"
    left.parent.mkdir(parents=True)
    left.write_text(CONTENT)

    executor(state)

    assert contents(state) == []


def test_other_files_in_the_state_folder_are_kept(state: Path) -> None:
    keys = state / ".ssh" / "authorized_keys"
    keys.parent.mkdir(parents=True)
    state.chmod(0o700)
    keys.write_text("ssh-ed25519 AAAA\n")

    executor(state)
    ended(state, "answers")
    executor(state)

    assert keys.read_text() == "ssh-ed25519 AAAA\n"


def test_a_folder_that_cannot_be_opened_does_not_keep_the_controller_from_starting(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = folder_of_runs(state)
    for each in (state, runs):
        (each / "lost+found").mkdir()
    opened = os.open

    def refuse(path: Path, flags: int) -> int:
        if path.name == "lost+found":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return opened(path, flags)

    left = runs / "update-w-1" / "rendered-worker-1.json"
    left.parent.mkdir()
    left.write_text(CONTENT)
    monkeypatch.setattr(os, "open", refuse)

    executor(state)

    assert contents(state) == []


def test_a_node_that_answers_without_an_end_is_ended_by_itself(state: Path) -> None:
    found = ended(state, "floods", "answers")

    assert found["floods"].cause == "the node has answered more than 8 MiB"
    assert found["floods"].transient
    assert "no answer of a module" in found["answers"].cause


def test_a_node_that_never_answers_is_ended_by_itself(state: Path) -> None:
    found = ended(state, "hangs", "answers", limits=Limits(10))

    assert found["hangs"].cause == "the node has not answered within 10 s"
    assert found["hangs"].transient
    assert "no answer of a module" in found["answers"].cause
