"""Runs as ansible-runner processes on this machine.

The folder of a run is named after its purpose. The files that describe the run stay there until the
next one of that name, so that the command line in the log can be repeated by hand.
"""

import dataclasses
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import structlog

from controller.api.json_object import Json
from controller.api.machine_config_node import Blocker, Phase
from controller.execution import run_files, untrusted_text
from controller.execution.inventory import AddressError, inventory
from controller.execution.limits import Limits
from controller.execution.messages import decode
from controller.execution.private_folder import empty, folder_of_runs, locked, sweep
from controller.execution.protocol import Request, Result
from controller.execution.refused_run import RefusedRun
from controller.execution.shortage import ShortageError, require_file, require_room
from controller.execution.transcript import Transcript

_log = structlog.get_logger(__name__)
_CANCEL_TIMEOUT: Final = 20  # seconds that a run may take to end its children


class LocalExecutor:
    """Starts each run as a child process, which ends when this process ends."""

    def __init__(  # noqa: PLR0913 - what all runs have in common
        self,
        folder: Path,
        playbooks: Path,
        variables: Json,
        changed: Callable[[], None],
        limits: Limits = Limits(answer=300),  # noqa: B008 - immutable
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Keep runs in the folder `runs` of `folder`; call `changed` whenever one makes progress.

        `environment` is added to this process' own for the runs.

        Raises:
            PermissionError: the folder belongs to another user, or is open to others.
        """
        self._folder = folder
        self._playbooks = playbooks
        self._variables = variables
        self._changed = changed
        self._limits = limits
        self._environment = environment
        try:
            sweep(folder_of_runs(folder))
        except PermissionError:
            raise
        except OSError as error:
            # The cause may be gone when the first run starts.
            _log.warning("state folder not usable", reason=str(ShortageError.of(error, folder)))

    def start(self, request: Request) -> "LocalRun | RefusedRun":
        """Write the run's files and start it.

        Raises:
            ShortageError: this process is short of a resource.
        """
        try:
            return self._start(request)
        except OSError as error:
            raise ShortageError.of(error, self._folder) from error

    def _start(self, request: Request) -> "LocalRun | RefusedRun":
        nodes = [host.node for host in request.hosts]
        folder = folder_of_runs(self._folder) / run_files.name(request)
        files = run_files.config_files(folder, request.hosts)
        try:
            hosts = inventory(files)
        except AddressError as error:
            cause = untrusted_text.sanitize_line(str(error))
            return RefusedRun.of(nodes, cause, "correct the Node's address")
        playbook = self._playbooks / request.playbook
        # ssh would blame the node.
        for connection in {host.connection for host in request.hosts}:
            for file in filter(None, (connection.key, connection.known_hosts)):
                require_file(file)
        require_room(self._folder)
        with locked(folder) as lock:
            try:
                run_files.write(folder, hosts, files, request, self._variables)
                command = run_files.command(folder, playbook, files)
                process = self._spawn(folder, playbook, self._limits.over(len(nodes)), lock)
            except OSError:
                empty(folder)
                raise
        return LocalRun(process, nodes, command, self._changed)

    def _spawn(
        self, folder: Path, playbook: Path, limits: Limits, lock: int
    ) -> "subprocess.Popen[str]":
        """Start the guard of a run, which keeps the folder's lock."""
        guard = [sys.executable, "-m", "controller.execution.guard", str(folder), str(playbook)]
        with (folder / "stderr").open("wb") as stderr:
            return subprocess.Popen(
                [*guard, json.dumps(dataclasses.asdict(limits))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,
                pass_fds=[lock],
                env={**os.environ, **self._environment},
                text=True,
            )


class LocalRun:
    """One run, followed on its standard output."""

    def __init__(
        self,
        process: "subprocess.Popen[str]",
        nodes: list[str],
        command: str,
        changed: Callable[[], None],
    ) -> None:
        """Follow `process` until it ends.

        Raises:
            ShortageError: no thread can be started for that.
        """
        self.command = command
        self.transcript = Transcript()
        self.results: Mapping[str, Result] | None = None
        self._process = process
        self._nodes = nodes
        self._changed = changed
        try:
            threading.Thread(target=self._follow, daemon=True).start()
        except RuntimeError as error:
            self.cancel()
            process.wait()
            raise ShortageError.of_threads() from error

    @property
    def phase(self) -> Phase:
        """The phase that was entered last."""
        return self.transcript.phase

    @property
    def waiting_for(self) -> str:
        """The answer that is overdue, as a text; empty if none is."""
        return self.transcript.waiting_for

    @property
    def blockers(self) -> tuple[Blocker, ...]:
        """The pods that a drain waits for."""
        return self.transcript.blockers

    @property
    def reported(self) -> Mapping[str, Result]:
        """By node, the checks that have succeeded so far."""
        return self.transcript.reported

    def cancel(self) -> None:
        """Close the guard's input, as the kernel does when this process ends."""
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        self._process.stdin.close()

    def wait(self) -> None:
        """Wait until all processes of the run have ended."""
        try:
            self._process.wait(_CANCEL_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _follow(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        for line in self._process.stdout:
            try:
                message = decode(line)
            except ValueError:
                continue  # half a line, of a process that was killed
            if self.transcript.add(message):
                self._changed()
        self._process.wait()
        self.results = self.transcript.results(self._nodes)
        self._changed()
