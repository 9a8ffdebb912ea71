"""Simulated machines that are updated instantly, and count their runs.

They keep what a real machine has on its disk: its config, its pending reboot, and the fencing
number. A controller that dies loses its runs, and the machines stay as they are then.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from controller.api.json_object import Json
from controller.api.machine_config_node import Blocker, Phase
from controller.execution.protocol import Host, Request, Result, Run, Verified
from controller.planning.drift.findings import Findings

# Called by a run for the cluster: node, whether to cordon it, and the cordon mark.
Cordon = Callable[[str, bool, str], None]


@dataclass
class Machine:
    """A machine as seen from outside."""

    config: str = ""
    reboot_pending: bool = False
    fence: int = 0
    cordoned: bool = False
    # Manual changes, whether it has a force file, and whether it is unreachable; a reinstalled
    # machine has another ID.
    drift: tuple[str, ...] = ()
    forced: bool = False
    # Whether a check against a config that was never applied finds no difference.
    matches_any_config: bool = False
    unreachable: bool = False
    machine_id: str = "of the first machine"
    # The configs it has rebooted into in order, and the fencing number of each accepted run.
    reboots: list[str] = field(default_factory=list)
    fences: list[int] = field(default_factory=list)


class SimulatedExecutor:
    """An executor whose runs enter their next phase when `advance` is called."""

    def __init__(self, cordon: Cordon = lambda *_: None) -> None:
        self.machines: dict[str, Machine] = {}
        self._cordon = cordon
        self._runs: list[_Advancing] = []
        # Runs may be started while others advance.
        self._lock = threading.Lock()

    def start(self, request: Request) -> Run:
        """Start an update of the request's host, or a check of all its hosts."""
        checks = request.playbook == "check.yml"
        run = SimulatedCheck(request.hosts, self._machine) if checks else self._update(request)
        with self._lock:
            self._runs.append(run)
        return run

    @property
    def are_moving(self) -> bool:
        """Whether runs are under way."""
        return bool(self._runs)

    def advance(self) -> bool:
        """Let each run enter its next phase, and return whether runs are left."""
        for run in tuple(self._runs):
            run.advance()
        with self._lock:
            self._runs = [run for run in self._runs if run.results is None]
        return self.are_moving

    def lose_runs(self) -> None:
        """Drop all runs, like a controller that dies."""
        self._runs.clear()

    def _update(self, request: Request) -> "SimulatedRun":
        (host,) = request.hosts
        name = str(host.machine_config["metadata"]["name"])
        mark = str(request.variables["cluster_cordon_mark"])
        phases = self._phases(self._machine(host.node), host.node, name, request.fence, mark)
        return SimulatedRun(host.node, phases, self._machine(host.node))

    def _machine(self, node: str) -> Machine:
        return self.machines.setdefault(node, Machine())

    def _phases(
        self, machine: Machine, node: str, config: str, fence: int, mark: str
    ) -> Iterator[Phase]:
        yield Phase.PREFLIGHT
        if fence < machine.fence:
            raise RefusedError(machine.fence)
        machine.fence = fence
        machine.fences.append(fence)
        if machine.config != config or machine.reboot_pending or machine.drift or machine.forced:
            yield from self._change(machine, node, config, mark)
        yield Phase.VERIFY
        if machine.cordoned:
            yield Phase.UNCORDON
            machine.cordoned = False
            self._cordon(node, machine.cordoned, mark)

    def _change(self, machine: Machine, node: str, config: str, mark: str) -> Iterator[Phase]:
        yield Phase.CORDON
        machine.cordoned = True
        self._cordon(node, machine.cordoned, mark)
        yield Phase.DRAIN
        yield Phase.APPLY
        machine.reboot_pending = (
            machine.reboot_pending or machine.forced or machine.config != config
        )
        machine.config, machine.drift = config, ()
        yield Phase.REBOOT
        if machine.reboot_pending:
            machine.reboots.append(config)
        machine.reboot_pending = machine.forced = False


class _Advancing(Run, Protocol):
    def advance(self) -> None:
        """Enter the next phase, or end."""


class RefusedError(Exception):
    """The machine has seen a newer leader."""

    def __init__(self, fence: int) -> None:
        super().__init__(f"fence {fence}")
        self.fence = fence


class SimulatedRun:
    """A run on one machine."""

    command = ""
    reported: Mapping[str, Result] = MappingProxyType({})
    waiting_for = ""
    blockers: tuple[Blocker, ...] = ()

    def __init__(self, node: str, phases: Iterator[Phase], machine: Machine) -> None:
        self.phase = Phase.IDLE
        self.results: Mapping[str, Result] | None = None
        self._node = node
        self._phases = phases
        self._machine = machine

    def advance(self) -> None:
        """Enter the next phase, or end."""
        if self.results is not None:
            return
        try:
            self.phase = next(self._phases)
        except StopIteration:
            verified = Verified("simulated", self._machine.machine_id)
            self._end(Result(succeeded=True, phase=self.phase, verified=verified))
        except RefusedError as error:
            self._end(
                Result(
                    succeeded=False, phase=self.phase, transient=True, refused_by_fence=error.fence
                )
            )

    def cancel(self) -> None:
        """End it like a killed run."""
        if self.results is None:
            self._end(Result(succeeded=False, phase=self.phase, unreachable=True, transient=True))

    def wait(self) -> None:
        """Do nothing: a simulated run has no process."""

    def _end(self, result: Result) -> None:
        self.results = {self._node: result}


class SimulatedCheck:
    """A check of several machines, which compares each with the config that it keeps."""

    command = ""
    phase = Phase.IDLE
    reported: Mapping[str, Result] = MappingProxyType({})
    waiting_for = ""
    blockers: tuple[Blocker, ...] = ()

    def __init__(self, hosts: Sequence[Host], machine: Callable[[str], Machine]) -> None:
        self.results: Mapping[str, Result] | None = None
        self._hosts = hosts
        self._machine = machine

    def advance(self) -> None:
        """End."""
        self.results = {host.node: self._result(host) for host in self._hosts}

    def cancel(self) -> None:
        """End it like a killed run."""
        killed = Result(succeeded=False, unreachable=True, transient=True)
        self.results = self.results or {host.node: killed for host in self._hosts}

    def wait(self) -> None:
        """Do nothing: a simulated check has no process."""

    def _result(self, host: Host) -> Result:
        machine = self._machine(host.node)
        if machine.unreachable:
            return Result(
                succeeded=False, unreachable=True, transient=True, cause="no route to host"
            )
        own = machine.config == str(host.machine_config["metadata"]["name"])
        drift = () if machine.matches_any_config and not own else machine.drift
        # As a real node answers, which may be invalid.
        answer: Json = {
            "config": machine.config,
            "differences": [{"path": path, "what": "content"} for path in drift],
            "forced": machine.forced,
            "machine_id": machine.machine_id,
        }
        return Result(succeeded=True, findings=Findings.of(answer))
