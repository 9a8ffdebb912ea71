"""The update runs under way: started for a node, and turned into its status when they end."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from controller.api.machine_config_node import MachineConfigNodeStatus, Phase
from controller.cluster.api_server import ApiServer
from controller.cluster.evictions import blockers
from controller.execution.protocol import Executor, Host, Json, Request, Result, Run
from controller.planning import progress
from controller.planning.snapshot import Node, Runs
from controller.settings import Settings

_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=5)

# The phases that people want to see in `kubectl describe node`.
_TOLD = {Phase.CORDON, Phase.DRAIN, Phase.APPLY, Phase.REBOOT}


@dataclass(frozen=True)
class Change:
    """A node's next status, and the Event that tells of it, if any."""

    status: MachineConfigNodeStatus
    event: str
    message: str
    warning: bool = False


class Updates:
    """One run a node at most; what failed rests a while before it is tried again."""

    def __init__(self, executor: Executor, server: ApiServer, settings: Settings) -> None:
        """Nothing is under way."""
        self._executor = executor
        self._server = server
        self._settings = settings
        self._runs: dict[str, Run] = {}
        # The highest fencing number by which a node has refused a run of ours.
        self.fence_seen = 0
        self._told: set[str] = set()
        self._not_before: dict[str, datetime] = {}
        self._pauses: dict[str, timedelta] = {}

    @property
    def runs(self) -> Runs:
        """For the planner."""
        return Runs(frozenset(self._runs), dict(self._not_before))

    def start(self, node: Node, machine_config: Json, policy: Json | None, fence: int) -> str:
        """Start a run, and return the command line that repeats it."""
        host = Host(node.name, node.address, machine_config)
        run = self._executor.start(Request("update.yml", (host,), policy, fence))
        self._runs[node.name] = run
        return run.command

    def forgive(self, node: str) -> None:
        """Let a node with a new target be tried at once."""
        self._not_before.pop(node, None)
        self._pauses.pop(node, None)

    def news(self, nodes: Mapping[str, Node], now: datetime) -> Iterator[tuple[Node, Change]]:
        """What the runs have come to since the last pass; `settle` each that was recorded."""
        for name, run in tuple(self._runs.items()):
            node = nodes.get(name)
            if node is None:
                # The machine is gone, and with it whatever the run was for.
                run.cancel()
                self._forget(name)
            elif run.results is not None:
                self._told.add(name)
                yield node, self._ended(node, run.results[name], now)
            elif run.phase and run.phase is not node.status.phase:
                yield node, _entered(node, run.phase, now)

    def settle(self, node: str) -> None:
        """Forget a run whose end was told, once that is written down."""
        if node in self._told:
            self._forget(node)

    def cancel(self) -> None:
        """End all runs; the nodes say what they owe when they are asked again."""
        for run in self._runs.values():
            run.cancel()
        for name, run in tuple(self._runs.items()):
            run.wait()
            self._forget(name)

    def _forget(self, node: str) -> None:
        self._runs.pop(node, None)
        self._told.discard(node)

    def _ended(self, node: Node, result: Result, now: datetime) -> Change:
        status = node.status
        self.fence_seen = max(self.fence_seen, result.fence)
        if result.succeeded:
            self.forgive(node.name)
            boot_id = str(result.findings.get("verify", {}).get("boot_id", ""))
            message = f"is on {status.desired_config}"
            return Change(progress.done(status, boot_id, now), "Done", message)
        if result.phase is Phase.DRAIN and not result.unreachable:
            return self._waiting(node, result, now)
        if result.passing:
            return self._interrupted(node, result, now)
        self._not_before[node.name] = now + timedelta(seconds=self._settings.failure_retry)
        failed = progress.failed(status, result.phase, result.cause, result.remedy, now)
        return Change(failed, "Failed", failed.reason, warning=True)

    def _interrupted(self, node: Node, result: Result, now: datetime) -> Change:
        pause = self._pauses.get(node.name, _FIRST_PAUSE)
        self._pauses[node.name] = min(_LONGEST_PAUSE, pause * 2)
        self._not_before[node.name] = now + pause
        status = progress.interrupted(node.status, result.phase, result.cause, now)
        return Change(status, "Interrupted", status.reason, warning=True)

    def _waiting(self, node: Node, result: Result, now: datetime) -> Change:
        self._not_before[node.name] = now + timedelta(seconds=self._settings.drain_retry)
        found = blockers(self._server, node.name)
        status = progress.waiting(node.status, found, result.cause, now)
        return Change(status, "DrainBlocked", status.reason, warning=True)


def _entered(node: Node, phase: Phase, now: datetime) -> Change:
    event = phase.value if phase in _TOLD else ""
    return Change(progress.entered(node.status, phase, now), event, f"in phase {phase}")
