"""A run that does in simulated time what `playbooks/check.yml` does."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from controller.api.machine_config_node import Blocker, Drift, Phase
from controller.execution.protocol import Request, Result
from controller.planning.drift.findings import Findings
from tests.unit.reconcile.simulated_cluster.clock import Clock
from tests.unit.reconcile.simulated_cluster.machine import Machine

_SECONDS: Final = 2


class CheckRun:
    """One run over all machines that are due."""

    command = ""
    phase = Phase.IDLE
    reported: Mapping[str, Result] = MappingProxyType({})
    waiting_for = ""
    blockers: tuple[Blocker, ...] = ()

    def __init__(self, machines: Mapping[str, Machine], request: Request, clock: Clock) -> None:
        """Start over the hosts of the request that still exist."""
        self.results: Mapping[str, Result] | None = None
        self.next = clock.now + _SECONDS
        self._clock = clock
        self._checked = [
            (machine, str(host.machine_config["metadata"]["name"]), machine.serial)
            for host in request.hosts
            if (machine := machines.get(host.node))
        ]
        self._gone = [host.node for host in request.hosts if host.node not in machines]

    def move(self) -> None:
        """End with what is found now."""
        found = {each[0].name: self._check(*each) for each in self._checked}
        self.results = found | dict.fromkeys(self._gone, _UNREACHABLE)

    def cancel(self) -> None:
        """End without a result for any node."""
        names = [*self._gone, *(machine.name for machine, _, _ in self._checked)]
        self.results = self.results or dict.fromkeys(names, _UNREACHABLE)

    def wait(self) -> None:
        """Return at once: nothing of it is left."""

    def _check(self, machine: Machine, config: str, serial: int) -> Result:
        if not machine.answers(self._clock.now):
            return _UNREACHABLE
        findings = Findings(
            machine.config,
            machine.id,
            tuple(Drift(path=path, kind="content") for path in machine.differences(config)),
            moved=machine.serial != serial,
            settled=machine.proven,
            by_hand=machine.by_hand,
        )
        return Result(succeeded=True, findings=findings)


_UNREACHABLE: Final = Result(succeeded=False, unreachable=True, transient=True, cause="no answer")
