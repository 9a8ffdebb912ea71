"""Runs as ansible-runner processes on this machine.

A run's folder is named after what it is for and stays until the next run of that name, so that the
command line in the log can be repeated by hand.
"""

import json
import os
import shlex
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import structlog

from controller.api.machine_config_node import Blocker, Phase
from controller.execution.inventory import AddressError, inventory
from controller.execution.protocol import Connection, Host, Json, Request, Result

_log = structlog.get_logger(__name__)
_PATIENCE: Final = 20  # seconds that a run gets to end its children when it is cancelled
_PHASES: Final = {phase.value.lower(): phase for phase in Phase if phase}


class LocalExecutor:
    """Starts each run as a child process; call `start` from the main thread alone.

    A child is ended by the kernel with the thread that started it.
    """

    def __init__(
        self,
        folder: Path,
        playbooks: Path,
        connection: Connection,
        variables: Json,
        changed: Callable[[], None],
    ) -> None:
        """Keep runs below `folder`; call `changed` whenever one of them has moved."""
        self._folder = folder
        self._playbooks = playbooks
        self._connection = connection
        self._variables = variables
        self._changed = changed
        _make_private(folder)

    def start(self, request: Request) -> "LocalRun":
        """Write the run's files and start it."""
        playbook = self._playbooks / request.playbook
        nodes = [host.node for host in request.hosts]
        folder = self._folder / _name(request)
        files = {host: folder / "configs" / f"{host.node}.json" for host in request.hosts}
        try:
            hosts = inventory(files, self._connection)
        except AddressError as error:
            return LocalRun.refused(nodes, str(error), "correct the Node's address")
        try:
            _write_files(folder, hosts, files, request, self._variables)
        except OSError as error:
            return LocalRun.refused(nodes, str(error), f"make room in {self._folder}")
        words = [sys.executable, "-m", "controller.execution.child", str(folder), str(playbook)]
        process = subprocess.Popen(
            [*words, str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=(folder / "stderr").open("wb"),
            start_new_session=True,
            text=True,
        )
        return LocalRun(process, nodes, _command(folder, playbook), self._changed)


class LocalRun:
    """One run, followed on its standard output."""

    def __init__(
        self,
        process: "subprocess.Popen[str] | None",
        nodes: list[str],
        command: str,
        changed: Callable[[], None],
    ) -> None:
        """Follow `process` until it ends."""
        self.command = command
        self.phase = Phase.IDLE
        self.results: Mapping[str, Result] | None = None
        self.reported: dict[str, Result] = {}
        self.waits: tuple[Blocker, ...] = ()
        self._process = process
        self._nodes = nodes
        self._changed = changed
        self._lines: list[Json] = []
        if process:
            threading.Thread(target=self._follow, args=(process,), daemon=True).start()

    @classmethod
    def refused(cls, nodes: list[str], cause: str, remedy: str) -> "LocalRun":
        """A run that was never started, since nothing may be sent."""
        run = cls(None, nodes, "", lambda: None)
        run.results = {
            node: Result(succeeded=False, phase=Phase.PREFLIGHT, cause=cause, remedy=remedy)
            for node in nodes
        }
        return run

    def cancel(self) -> None:
        """Tell it to end."""
        if self._process:
            self._process.terminate()

    def wait(self) -> None:
        """Wait until it and all that it started on this machine has ended."""
        if not self._process:
            return
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _follow(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None  # noqa: S101 - Popen was asked for it
        for text in process.stdout:
            try:
                line: Json = json.loads(text)
            except ValueError:
                continue  # half a line, of a child that was killed
            self._lines.append(line)
            self._report(line)
            phase = _PHASES.get(line.get("role", ""), self.phase)
            if phase is not self.phase:
                self.phase = phase
                self._changed()
        process.wait()
        self.results = {node: _result(node, self._lines, self.phase) for node in self._nodes}
        self._changed()

    def _report(self, line: Json) -> None:
        """Tell what need not wait for the end: a node that was checked, what a drain waits for."""
        if line.get("role") == "check" and "found" in line:
            result = Result(succeeded=True, findings={"check": line["found"]})
            self.reported[line["node"]] = result
            self._changed()
        if "waits" in line:
            self.waits = tuple(map(Blocker.model_validate, line["waits"]))
            self._changed()


def _make_private(folder: Path) -> None:
    """Make the folder ours alone: whoever can write there decides what Ansible runs.

    Raises:
        PermissionError: it is somebody else's, or open to others.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise PermissionError(f"{folder} must be a folder of this user's alone, with mode 0700")


def _result(node: str, lines: list[Json], phase: Phase) -> Result:
    """What the lines say of one node; success is proved by the statistics alone."""
    of_node = [line for line in lines if line.get("node") == node]
    findings = {line["role"]: line["found"] for line in of_node if "found" in line}
    stats = next((line["stats"] for line in lines if "stats" in line), None)
    # What fails afterwards is in the way back from the first failure.
    failure = next((line for line in of_node if "cause" in line), None)
    if stats and node in stats["processed"] and node not in {**stats["failures"], **stats["dark"]}:
        return Result(succeeded=True, phase=phase, findings=findings)
    # A run without statistics was killed, which says nothing about the node; and one that has lost
    # the node on its way back from a failure was ended by that failure.
    unreachable = not stats or (node in stats["dark"] and _is_silence(failure))
    return Result(
        succeeded=False,
        phase=_PHASES.get(failure["role"], phase) if failure else phase,
        unreachable=unreachable,
        # What kubectl is refused says something about the API server, and a fence about us.
        passing=unreachable or bool(failure and _is_passing(failure)),
        cause=_cause(failure, findings),
        remedy=failure.get("remedy", "") if failure else "",
        fence=failure.get("fence", 0) if failure else 0,
        findings=findings,
        blockers=_blockers(failure or {}),
        given_back=bool(failure and failure.get("gives_back")),
    )


def _blockers(failure: Json) -> tuple[Blocker, ...]:
    return tuple(map(Blocker.model_validate, failure.get("blockers", ())))


def _is_silence(failure: Json | None) -> bool:
    return failure is None or bool(failure.get("unreachable"))


def _cause(failure: Json | None, findings: dict[str, Json]) -> str:
    if failure is None:
        return "the run ended before its time"
    put_back = findings.get("put_back", {}).get("changed")
    return f"{failure['cause']}; what was applied was put back" if put_back else failure["cause"]


def _is_passing(failure: Json) -> bool:
    return failure.get("action") == "kubectl" or bool(failure.get("fence"))


def _name(request: Request) -> str:
    if request.name:
        return request.name
    kind = Path(request.playbook).stem
    return f"{kind}-{request.hosts[0].node}" if len(request.hosts) == 1 else kind


def _write_files(
    folder: Path, hosts: str, files: dict[Host, Path], request: Request, variables: Json
) -> None:
    """Everything that the run, or a person who repeats it, reads."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "configs").mkdir(mode=0o700, parents=True)
    (folder / "inventory.yml").write_text(hosts)
    for host, file in files.items():
        file.write_text(json.dumps(host.machine_config))
    if request.policy:
        (folder / "policy.json").write_text(json.dumps(request.policy))
    if request.pool:
        (folder / "pool.json").write_text(json.dumps(request.pool))
    all_variables = {
        **variables,
        **request.variables,
        "machineconfig_fence": request.fence,
        "cluster_required": True,
    }
    (folder / "variables.json").write_text(json.dumps(all_variables))


def _command(folder: Path, playbook: Path) -> str:
    words = ["ansible-playbook", "-i", str(folder / "inventory.yml"), str(playbook)]
    words += ["-e", f"@{folder / 'variables.json'}"]
    for name in ("policy", "pool"):
        file = folder / f"{name}.json"
        words += ["-e", f"{name}={file}"] if file.exists() else []
    return shlex.join(words)
