"""The proxy through which a drain reaches the API server starts with it, and never outlives it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.drain.kubectl_proxy import ApiError, kubectl_proxy

# Listens as kubectl does, as far as anybody can see, and writes down its process ID.
_KUBECTL = """#!/bin/sh
echo $$ > {pid}
touch "${{2#--unix-socket=}}"
exec sleep 60
"""
_DRAINS = """
import time
from controller.drain.kubectl_proxy import kubectl_proxy
with kubectl_proxy(1):
    time.sleep(60)
"""


@pytest.fixture
def pid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file to which a stand-in for kubectl writes its process ID."""
    pid, kubectl = tmp_path / "pid", tmp_path / "kubectl"
    kubectl.write_text(_KUBECTL.format(pid=pid))
    kubectl.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return pid


def test_the_proxy_ends_with_the_drain(pid: Path) -> None:
    with kubectl_proxy(1):
        assert runs(pid)

    eventually(lambda: not runs(pid))


def test_the_proxy_ends_with_a_process_that_is_killed(pid: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _DRAINS], start_new_session=True) as drain:
        eventually(lambda: runs(pid))
        drain.send_signal(signal.SIGKILL)

    eventually(lambda: not runs(pid))


def test_a_kubectl_that_cannot_start_says_why(pid: Path) -> None:
    (pid.parent / "kubectl").write_text("#!/bin/sh\necho error: no such context >&2\nexit 1\n")

    words = "kubectl proxy did not start: error: no such context"
    with pytest.raises(ApiError, match=words), kubectl_proxy(1):
        pass


def runs(pid: Path) -> bool:
    """Whether the stand-in has started and has not ended."""
    if not pid.exists() or not (number := pid.read_text().strip()):
        return False
    stat = Path(f"/proc/{number}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
