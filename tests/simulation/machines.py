"""Machines that take configs in no time, and count what is done to them.

They keep what a real one keeps on its disk: its config, what it owes, and the fencing number. A
controller that dies takes its runs with it, and finds the machines as they are then.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from controller.api.machine_config_node import Phase
from controller.execution.protocol import Json, Request, Result

# What a run asks of the cluster on its way: node, and whether it is to be cordoned.
Cordon = Callable[[str, bool], None]


@dataclass
class Machine:
    """One machine, as seen from outside."""

    config: str = ""
    owes_reboot: bool = False
    fence: int = 0
    cordoned: bool = False
    # The configs it has rebooted into, in order, and the fence of each run that got through.
    reboots: list[str] = field(default_factory=list)
    fences: list[int] = field(default_factory=list)


class Machines:
    """An executor of runs that go one phase further whenever `advance` is called."""

    def __init__(self, cordon: Cordon = lambda *_: None) -> None:
        self.machines: dict[str, Machine] = {}
        self._cordon = cordon
        self._runs: list[SimulatedRun] = []

    def start(self, request: Request) -> "SimulatedRun":
        """Start a run over the request's hosts, of which an update has one."""
        (host,) = request.hosts
        machine = self.machines.setdefault(host.node, Machine())
        name = str(host.machine_config["metadata"]["name"])
        run = SimulatedRun(host.node, self._phases(machine, host.node, name, request.fence))
        self._runs.append(run)
        return run

    def advance(self) -> bool:
        """Let each run enter its next phase, and say whether any could."""
        for run in self._runs:
            run.advance()
        self._runs = [run for run in self._runs if run.results is None]
        return bool(self._runs)

    def lose_runs(self) -> None:
        """The controller has died."""
        self._runs.clear()

    def _phases(self, machine: Machine, node: str, config: str, fence: int) -> Iterator[Phase]:
        yield Phase.PREFLIGHT
        if fence < machine.fence:
            raise RefusedError(machine.fence)
        machine.fence = fence
        machine.fences.append(fence)
        if machine.config != config or machine.owes_reboot:
            yield from self._change(machine, node, config)
        yield Phase.VERIFY
        if machine.cordoned:
            yield Phase.UNCORDON
            machine.cordoned = False
            self._cordon(node, machine.cordoned)

    def _change(self, machine: Machine, node: str, config: str) -> Iterator[Phase]:
        yield Phase.CORDON
        machine.cordoned = True
        self._cordon(node, machine.cordoned)
        yield Phase.DRAIN
        yield Phase.APPLY
        machine.owes_reboot = machine.owes_reboot or machine.config != config
        machine.config = config
        yield Phase.REBOOT
        machine.reboots.append(config)
        machine.owes_reboot = False


class RefusedError(Exception):
    """The machine has seen a newer leader."""

    def __init__(self, fence: int) -> None:
        super().__init__(f"fence {fence}")
        self.fence = fence


class SimulatedRun:
    """One run over one machine."""

    command = ""

    def __init__(self, node: str, phases: Iterator[Phase]) -> None:
        self.phase = Phase.IDLE
        self.results: Mapping[str, Result] | None = None
        self._node = node
        self._phases = phases

    def advance(self) -> None:
        """Enter the next phase, or end."""
        if self.results is not None:
            return
        try:
            self.phase = next(self._phases)
        except StopIteration:
            found: dict[str, Json] = {"verify": {"boot_id": "simulated"}}
            self._end(Result(succeeded=True, phase=self.phase, findings=found))
        except RefusedError as error:
            self._end(Result(succeeded=False, phase=self.phase, passing=True, fence=error.fence))

    def cancel(self) -> None:
        """End it as one that was killed."""
        if self.results is None:
            self._end(Result(succeeded=False, phase=self.phase, unreachable=True, passing=True))

    def wait(self) -> None:
        """Nothing is left of it."""

    def _end(self, result: Result) -> None:
        self.results = {self._node: result}
