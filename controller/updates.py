"""The update runs under way: started for a node, and turned into its status when they end."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from controller.api.drain import DrainSettings
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_node import Blocker, MachineConfigNodeStatus, Phase
from controller.api.machine_configuration import MachineConfiguration, MachineConfigurationSpec
from controller.execution.protocol import Executor, Host, Request, Result, Run
from controller.planning import blockers, progress
from controller.planning.change import Change
from controller.planning.draining import drain_settings
from controller.planning.leftovers import leftovers
from controller.planning.snapshot import Node, Runs, Snapshot
from controller.settings import Settings

_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=5)

# The phases that people want to see in `kubectl describe node`.
_TOLD = {Phase.DRAIN, Phase.REBOOT}
# Most often over within seconds: only one that lasts is worth a write for each node.
_SHORT = {Phase.PREFLIGHT, Phase.CORDON, Phase.VERIFY, Phase.UNCORDON}
_LASTING = timedelta(seconds=5)


@dataclass(frozen=True)
class _UnderWay:
    """A run, the Node that it was started for, how this is drained, and by which policy."""

    uid: str
    run: Run
    drain: DrainSettings
    policy: MachineConfigurationSpec | None


class Updates:
    """One run a node at most; what failed rests a while before it is tried again."""

    def __init__(self, executor: Executor, settings: Settings) -> None:
        """Nothing is under way."""
        self._executor = executor
        self._settings = settings
        self._runs: dict[str, _UnderWay] = {}
        # The highest fencing number by which a node has refused a run of ours.
        self.fence_seen = 0
        self._told: set[str] = set()
        self._ending: set[str] = set()
        self._entered: dict[str, tuple[Phase, datetime]] = {}
        self._not_before: dict[str, datetime] = {}
        self._pauses: dict[str, timedelta] = {}

    def runs(self, stand_in: str = "", policy: MachineConfiguration | None = None) -> Runs:
        """For the planner; `stand_in` is a node where another controller could lead."""
        started = self._runs.items()
        outdated = {name for name, each in started if policy and each.policy != policy.spec}
        settings = self._settings
        return Runs(
            under_way=frozenset(self._runs),
            not_before=dict(self._not_before),
            failure_pause=timedelta(seconds=settings.failure_retry),
            most=settings.parallel_runs,
            own_node=settings.node_name,
            stand_in=stand_in,
            outdated=frozenset(outdated),
        )

    def start(
        self, node: Node, config: MachineConfig, snapshot: Snapshot, fence: int, now: datetime
    ) -> str:
        """Start a run towards `config`, and return the command line that repeats it."""
        status = node.status
        pool, policy = snapshot.pool(status.pool), snapshot.configuration
        drain = drain_settings(pool, policy)
        ends = progress.gives_back_at(status, drain)
        request = Request(
            "update.yml",
            (Host(node.name, node.address, config.to_api()),),
            policy.to_api() if policy else None,
            fence,
            pool=pool.to_api() if pool else None,
            variables={
                "machineconfig_attempt": status.attempt,
                "machineconfig_again": status.again,
                "drain_gives_back": ends is not None and now >= ends,
                # Otherwise preflight finds out.
                **({"drain_keeps": True} if status.between_configs else {}),
            },
        )
        run = self._executor.start(request)
        self._runs[node.name] = _UnderWay(node.uid, run, drain, policy.spec if policy else None)
        return run.command

    def end(self, node: str) -> None:
        """End the run of a node; that it was interrupted is then nobody's fault."""
        self._ending.add(node)
        self._runs[node].run.cancel()

    def forgive(self, node: str) -> None:
        """Let a node with a new target be tried at once."""
        self._not_before.pop(node, None)
        self._pauses.pop(node, None)

    def rest(self, node: str, now: datetime) -> None:
        """Let a node be, longer each time; what went wrong may do so again."""
        pause = self._pauses.get(node, _FIRST_PAUSE)
        self._pauses[node] = min(_LONGEST_PAUSE, pause * 2)
        self._not_before[node] = now + pause

    def news(self, nodes: Mapping[str, Node], now: datetime) -> Iterator[tuple[Node, Change]]:
        """What the runs have come to since the last pass; `settle` each that was recorded."""
        for name, started in tuple(self._runs.items()):
            node, run = nodes.get(name), started.run
            if node is None or node.uid != started.uid:
                self._drop(name, run)
            elif run.results is not None:
                self._told.add(name)
                yield node, self._ended(node, run.results[name], now)
            elif run.phase is not node.status.phase and self._is_shown(name, run.phase, now):
                yield node, _entered(node, run.phase, now)
            elif run.phase is Phase.DRAIN and run.waits:
                yield from _waits(node, run.waits, now)

    def settle(self, node: str) -> None:
        """Forget a run whose end was told, once that is written down."""
        if node in self._told:
            self._forget(node)

    def cancel(self) -> None:
        """End all runs; the nodes say what they owe when they are asked again."""
        for started in self._runs.values():
            started.run.cancel()
        for name, started in tuple(self._runs.items()):
            started.run.wait()
            self._forget(name)

    def _drop(self, node: str, run: Run) -> None:
        """End a run whose Node is gone: what it comes to says nothing of one of the same name."""
        run.cancel()
        if run.results is not None:
            self._forget(node)

    def _is_shown(self, node: str, phase: Phase, now: datetime) -> bool:
        seen = self._entered.get(node)
        if seen is None or seen[0] is not phase:
            seen = self._entered[node] = (phase, now)
        return bool(phase) and (phase not in _SHORT or now - seen[1] >= _LASTING)

    def _forget(self, node: str) -> None:
        self._runs.pop(node, None)
        self._entered.pop(node, None)
        self._told.discard(node)
        self._ending.discard(node)

    def _ended(self, node: Node, result: Result, now: datetime) -> Change:
        status = node.status
        self.fence_seen = max(self.fence_seen, result.fence)
        if result.succeeded:
            self.forgive(node.name)
            found = result.findings.get("verify", {})
            boot_id, machine_id = (str(found.get(key, "")) for key in ("boot_id", "machine_id"))
            done = progress.done(status, boot_id, now, machine_id)
            # Whoever asked for it meanwhile has it.
            answered = progress.answered(done, recover=node.asked.recover)
            kept = leftovers(result.findings.get("apply", {}))
            message = f"is on {status.desired_config}" + (f"; {kept}" if kept else "")
            return Change(answered, "Done", message, warning=bool(kept))
        if result.given_back:
            given_back = progress.given_back(
                status, result.blockers, result.cause, result.remedy, now
            )
            return _warning(node, given_back, "GivenBack")
        if result.phase is Phase.DRAIN and not result.unreachable:
            return self._waiting(node, result, now)
        if result.passing:
            return self._interrupted(node, result, now)
        put_back = bool(result.findings.get("put_back", {}).get("settled"))
        failed = progress.failed(
            status, result.phase, result.cause, result.remedy, now, put_back=put_back
        )
        return _warning(node, failed, "Failed")

    def _interrupted(self, node: Node, result: Result, now: datetime) -> Change:
        if node.name in self._ending:
            return Change(node.status, "", "its run has ended, as it should")
        self.rest(node.name, now)
        status = progress.interrupted(node.status, result.phase, result.why, now)
        return _warning(node, status, "Interrupted")

    def _waiting(self, node: Node, result: Result, now: datetime) -> Change:
        status = progress.waiting(node.status, result.blockers, result.cause, now)
        again = now + timedelta(seconds=self._settings.drain_retry)
        ends = progress.gives_back_at(status, self._runs[node.name].drain)
        self._not_before[node.name] = min(again, ends) if ends and ends > now else again
        return _warning(node, status, "DrainBlocked")


def _warning(node: Node, status: MachineConfigNodeStatus, event: str) -> Change:
    """An Event for what is new; what only goes on is not told again."""
    same = status.reason == node.status.reason and status.state is node.status.state
    return Change(status, "" if same else event, status.reason, warning=True)


def _waits(node: Node, found: Sequence[Blocker], now: datetime) -> Iterator[tuple[Node, Change]]:
    """What its drain waits for, where that was not told yet."""
    status = progress.waiting(node.status, found, "", now)
    if status != node.status:
        new = status.reason != node.status.reason
        event = "DrainWaits" if new else ""
        yield node, Change(status, event, status.reason, warning=blockers.is_stuck(found))


def _entered(node: Node, phase: Phase, now: datetime) -> Change:
    again = bool(node.status.reason)
    event = phase.value if phase in _TOLD and not again else ""
    return Change(progress.entered(node.status, phase, now), event, f"in phase {phase}")
