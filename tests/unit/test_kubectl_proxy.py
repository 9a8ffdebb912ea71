"""The proxy through which a drain reaches the API server starts with it, and never outlives it."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from controller.kubectl_proxy import ApiError, KubectlProxy, kubectl_proxy

# Binds its socket and then listens, as kubectl does, and writes down its process ID.
_KUBECTL = """#!{python}
import os, socket, sys, time
with open({pid!r}, "w") as file:
    file.write(str(os.getpid()))
with socket.socket(socket.AF_UNIX) as listener:
    listener.bind(sys.argv[2].removeprefix("--unix-socket="))
    time.sleep(0.2)
    listener.listen()
    time.sleep(60)
"""
_DRAINS = """
import time
from controller.kubectl_proxy import kubectl_proxy
with kubectl_proxy(1):
    time.sleep(60)
"""


@pytest.fixture
def pid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file to which a fake kubectl writes its process ID."""
    pid, kubectl = tmp_path / "pid", tmp_path / "kubectl"
    kubectl.write_text(_KUBECTL.format(python=sys.executable, pid=str(pid)))
    kubectl.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return pid


def test_the_proxy_ends_with_the_drain(pid: Path) -> None:
    with kubectl_proxy(1):
        assert runs(pid)

    eventually(lambda: not runs(pid))


@pytest.mark.usefixtures("pid")
def test_the_first_request_finds_the_proxy_listening() -> None:
    with kubectl_proxy(0.1) as api, pytest.raises(ApiError, match="no answer within"):
        api.get("/api/v1/pods", {})


def test_the_proxy_ends_with_a_process_that_is_killed(pid: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _DRAINS], start_new_session=True) as drain:
        eventually(lambda: runs(pid))
        drain.send_signal(signal.SIGKILL)

    eventually(lambda: not runs(pid))


def test_the_error_of_a_kubectl_that_cannot_start_is_reported(pid: Path) -> None:
    (pid.parent / "kubectl").write_text("#!/bin/sh\necho error: no such context >&2\nexit 1\n")

    words = "kubectl proxy did not start: error: no such context"
    with pytest.raises(ApiError, match=words), kubectl_proxy(1):
        pass


_ABSENT = b'{"kind": "Status", "reason": "NotFound", "message": "there is no shop"}'


@pytest.mark.parametrize(
    ("code", "body", "reported"),
    [
        pytest.param(404, b"404 page not found", "404 page not found", id="no such API"),
        pytest.param(404, b'{"message": "gone astray"}', "gone astray", id="a filter's refusal"),
        pytest.param(403, b'{"reason": "Forbidden", "message": "may not"}', "may not", id="403"),
        pytest.param(502, b"", "no reason given", id="no text"),
        pytest.param(200, b"<html>sign in</html>", "the answer is not an API object", id="HTML"),
        pytest.param(200, b"[]", "the answer is not an API object", id="JSON that is no object"),
    ],
)
def test_only_the_api_server_itself_can_report_an_object_as_missing(
    tmp_path: Path, code: int, body: bytes, reported: str
) -> None:
    with answering(tmp_path / "s", code, body) as api, pytest.raises(ApiError, match=reported):
        api.get("/api/v1/namespaces/shop", {})


def test_a_missing_object_is_none(tmp_path: Path) -> None:
    with answering(tmp_path / "s", 404, _ABSENT) as api:
        assert api.get("/api/v1/namespaces/shop", {}) is None


@contextmanager
def answering(path: Path, code: int, body: bytes) -> Iterator[KubectlProxy]:
    """Answer one request at the socket with this response."""
    head = f"HTTP/1.1 {code} Words\r\nContent-Length: {len(body)}\r\n\r\n".encode()

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(head + body)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield KubectlProxy(path, 5)
        thread.join()


def runs(pid: Path) -> bool:
    """Return whether the fake kubectl has started and has not ended."""
    if not pid.exists() or not (number := pid.read_text().strip()):
        return False
    stat = Path(f"/proc/{number}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
