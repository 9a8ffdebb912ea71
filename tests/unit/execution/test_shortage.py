"""If this machine is short of a resource, no run starts, no node is blamed and nothing ends."""

import errno
import os
import resource
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from controller.execution.local import LocalExecutor
from controller.execution.protocol import Connection, Host, Request
from controller.execution.shortage import ShortageError

CONNECTION: Final = Connection("root", 22, None, None)
REQUEST: Final = Request("check.yml", (Host("w-1", "192.0.2.1", {}, CONNECTION),), None, 1)
Injection = Callable[[Path, pytest.MonkeyPatch], AbstractContextManager[None]]


@contextmanager
def mounted(state: Path, options: str) -> Iterator[None]:
    """Mount a file system of its own on the state folder."""
    words = ["mount", "-t", "tmpfs", "-o", f"mode=0700,{options}", "tmpfs", str(state)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", state], check=True)


@contextmanager
def few_files(*_: object) -> Iterator[None]:
    """Limit the open files to those that are open."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@contextmanager
def a_file_in_its_place(state: Path, *_: object) -> Iterator[None]:
    shutil.rmtree(state)
    state.touch()
    yield
    state.unlink()


@contextmanager
def open_to_others(state: Path, *_: object) -> Iterator[None]:
    state.chmod(0o777)
    yield
    state.chmod(0o700)


def refused(number: int) -> Injection:
    """Let the kernel start no process."""

    @contextmanager
    def injected(_: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        def popen(*_: Any, **__: Any) -> None:  # noqa: ANN401 - any arguments
            raise OSError(number, os.strerror(number))

        with monkeypatch.context() as patch:
            patch.setattr(subprocess, "Popen", popen)
            yield

    return injected


@contextmanager
def no_threads(_: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        yield


def on(options: str) -> Injection:
    return lambda state, _: mounted(state, options)


RESOURCES: Final[dict[str, tuple[Injection, str, str]]] = {
    "disk": (on("size=64k"), "less than 8 MiB are free", "make room there"),
    "inodes": (on("nr_inodes=10"), "fewer than 100 inodes are free", "make room there"),
    "a folder to write in": (on("ro"), "Read-only file system", "another folder"),
    "a folder": (a_file_in_its_place, "File exists", "another folder"),
    "a folder of its own": (open_to_others, "belongs to this user", ""),
    "open files": (few_files, "Too many open files", "ulimit -n"),
    "processes": (refused(errno.EAGAIN), "Resource temporarily unavailable", "pids"),
    "memory": (refused(errno.ENOMEM), "Cannot allocate memory", "more memory"),
    "threads": (no_threads, "no thread can be started", "pids"),
}


@pytest.mark.parametrize("what", RESOURCES)
def test_without_a_needed_resource_no_run_starts_and_the_remedy_is_reported(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    executor = _executor(state)
    inject, cause, remedy = RESOURCES[what]

    with inject(state, monkeypatch), pytest.raises(ShortageError) as found:
        executor.start(REQUEST)

    assert cause in str(found.value)
    assert remedy in str(found.value)
    _begins(executor)


def test_a_deleted_folder_is_made_again(tmp_path: Path) -> None:
    executor = _executor(tmp_path / "state")
    shutil.rmtree(tmp_path / "state")

    _begins(executor)


@pytest.mark.parametrize("what", ["disk", "inodes", "a folder to write in"])
def test_a_controller_that_starts_without_room_waits_for_it(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    inject, _, _ = RESOURCES[what]

    with inject(state, monkeypatch):
        executor = _executor(state)

    _begins(executor)


def test_nothing_is_run_from_a_folder_that_others_can_write_to(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)

    with pytest.raises(PermissionError, match="belongs to this user"):
        _executor(tmp_path)


def _executor(state: Path) -> LocalExecutor:
    return LocalExecutor(state, Path("playbooks"), {}, lambda: None)


def _begins(executor: LocalExecutor) -> None:
    run = executor.start(REQUEST)
    run.cancel()
    run.wait()


@pytest.mark.parametrize("gone", ["key", "known_hosts"])
def test_a_missing_file_of_ssh_is_a_shortage_of_the_controller(gone: str, tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("key", "known_hosts")}
    for name, file in files.items():
        if name != gone:
            file.touch()
    connection = Connection("admin", 22, files["key"], files["known_hosts"])
    executor = LocalExecutor(tmp_path / "state", tmp_path, {}, lambda: None)
    host = Host("w-1", "192.0.2.1", {}, connection)

    with pytest.raises(ShortageError) as error:
        executor.start(Request("check.yml", (host,), None, 1))

    assert str(error.value) == (
        f"{files[gone]} cannot be read: no such file or directory"
        " (make it readable for the controller)"
    )
