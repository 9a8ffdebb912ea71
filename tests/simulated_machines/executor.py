"""Machines that take configs in no time, and count what is done to them.

They keep what a real one keeps on its disk: its config, what it owes, and the fencing number. A
controller that dies takes its runs with it, and finds the machines as they are then.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from controller.api.machine_config_node import Blocker, Drift, Phase
from controller.api.names import FORCE_FILE
from controller.execution.protocol import Host, Request, Result, Run, Verified
from controller.planning.drift.findings import Findings

# What a run asks of the cluster on its way: node, whether it is to be cordoned, and by which mark.
Cordon = Callable[[str, bool, str], None]


@dataclass
class Machine:
    """One machine, as seen from outside."""

    config: str = ""
    owes_reboot: bool = False
    fence: int = 0
    cordoned: bool = False
    # What somebody has changed on it, whether they want all of it applied again, and whether it is
    # silent; a machine that is installed anew has another ID.
    drift: tuple[str, ...] = ()
    forced: bool = False
    # Whether a config that it was not brought to finds nothing amiss there.
    is_what_is_wanted: bool = False
    silent: bool = False
    machine_id: str = "of the first machine"
    # The configs it has rebooted into, in order, and the fence of each run that got through.
    reboots: list[str] = field(default_factory=list)
    fences: list[int] = field(default_factory=list)


class Machines:
    """An executor of runs that go one phase further whenever `advance` is called."""

    def __init__(self, cordon: Cordon = lambda *_: None) -> None:
        self.machines: dict[str, Machine] = {}
        self._cordon = cordon
        self._runs: list[_Advancing] = []
        # Runs may be started while those before go on.
        self._lock = threading.Lock()

    def start(self, request: Request) -> Run:
        """Start an update of the request's one host, or a check of all of them."""
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
        """Let each run enter its next phase, and say whether any could."""
        for run in tuple(self._runs):
            run.advance()
        with self._lock:
            self._runs = [run for run in self._runs if run.results is None]
        return self.are_moving

    def lose_runs(self) -> None:
        """The controller has died."""
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
        if machine.config != config or machine.owes_reboot or machine.drift or machine.forced:
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
        machine.owes_reboot = machine.owes_reboot or machine.forced or machine.config != config
        machine.config, machine.drift = config, ()
        yield Phase.REBOOT
        if machine.owes_reboot:
            machine.reboots.append(config)
        machine.owes_reboot = machine.forced = False


class _Advancing(Run, Protocol):
    def advance(self) -> None:
        """Enter the next phase, or end."""


class RefusedError(Exception):
    """The machine has seen a newer leader."""

    def __init__(self, fence: int) -> None:
        super().__init__(f"fence {fence}")
        self.fence = fence


class SimulatedRun:
    """One run over one machine."""

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
        """End it as one that was killed."""
        if self.results is None:
            self._end(Result(succeeded=False, phase=self.phase, unreachable=True, transient=True))

    def wait(self) -> None:
        """Nothing is left of it."""

    def _end(self, result: Result) -> None:
        self.results = {self._node: result}


class SimulatedCheck:
    """A check of many machines, which finds each on the config that it keeps."""

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
        """End it as one that was killed."""
        killed = Result(succeeded=False, unreachable=True, transient=True)
        self.results = self.results or {host.node: killed for host in self._hosts}

    def wait(self) -> None:
        """Nothing is left of it."""

    def _result(self, host: Host) -> Result:
        machine = self._machine(host.node)
        if machine.silent:
            return Result(
                succeeded=False, unreachable=True, transient=True, cause="no route to host"
            )
        own = machine.config == str(host.machine_config["metadata"]["name"])
        drift = () if machine.is_what_is_wanted and not own else machine.drift
        found = [Drift(path=path, kind="content") for path in drift]
        forced = [Drift(path=FORCE_FILE, kind="forceFile")] if machine.forced else []
        findings = Findings(machine.config, machine.machine_id, (*forced, *found))
        return Result(succeeded=True, findings=findings)
