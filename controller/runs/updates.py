"""The update runs under way: started for a node, and turned into its status when they end."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from controller.api.drain import DrainSettings
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_node import Blocker, MachineConfigNodeStatus, NodeState, Phase
from controller.api.machine_configuration import MachineConfiguration, MachineConfigurationSpec
from controller.execution.protocol import Executor, Request, Result, Run
from controller.planning import node_status
from controller.planning.controller_state import ControllerState, Identity, Limits, Runs
from controller.planning.drain import blockers
from controller.planning.drain.settings import drain_settings
from controller.planning.drift import verdict
from controller.planning.drift.not_restored import summary
from controller.planning.node import Node
from controller.planning.snapshot import Snapshot
from controller.planning.transition import Transition
from controller.runs.backoff import FIRST_PAUSE, Backoff
from controller.runs.hosts import host_of
from controller.runs.progress import Progress
from controller.settings import Settings

# The phases that people want to see in `kubectl describe node`.
_TOLD = {Phase.DRAIN, Phase.REBOOT}
# Most often over within seconds: only one that lasts is worth a write for each node.
_SHORT = {Phase.PREFLIGHT, Phase.CORDON, Phase.VERIFY, Phase.UNCORDON}
_LASTING = timedelta(seconds=5)


@dataclass(frozen=True)
class _UnderWay:
    """A run, and with what it was started.

    `node` is the Node as it was then; `drain` says how it is drained.
    """

    node: Node
    run: Run
    fence: int
    drain: DrainSettings
    policy: MachineConfigurationSpec | None

    def seen(self, node: Node) -> Node:
        """The same Node now; one whose MachineConfigNode was deleted is as it was at the start."""
        before = self.node.status
        return node if node.status.attempt == before.attempt else replace(node, status=before)


class Updates:
    """One run a node at most; what failed rests a while before it is tried again."""

    def __init__(self, executor: Executor, settings: Settings) -> None:
        """Nothing is under way."""
        self._executor = executor
        self._settings = settings
        self._runs: dict[str, _UnderWay] = {}
        self._backoff = Backoff()
        self._next_due: datetime | None = None
        # Runs whose result was reported and is not yet acknowledged, and runs that were stopped.
        self._reported: set[str] = set()
        self._stopped: set[str] = set()
        self._entered: dict[str, tuple[Phase, datetime]] = {}
        # What was said of a node that its run waits for.
        self._silent: dict[str, str] = {}

    @property
    def next_due(self) -> datetime | None:
        """When a phase will have lasted long enough to be shown."""
        return self._next_due

    def runs(
        self, standby_node: str = "", policy: MachineConfiguration | None = None
    ) -> ControllerState:
        """For the planner; `standby_node` is a node where another controller could lead."""
        started = self._runs.items()
        outdated = {name for name, each in started if policy and each.policy != policy.spec}
        settings = self._settings
        return ControllerState(
            Runs(frozenset(self._runs), frozenset(outdated), self._backoff.not_before),
            Identity(settings.node_name, standby_node),
            Limits(settings.parallel_runs, timedelta(seconds=settings.failure_retry)),
        )

    def start(
        self, node: Node, config: MachineConfig, snapshot: Snapshot, fence: int, now: datetime
    ) -> str:
        """Start a run towards `config`, and return the command line that repeats it.

        `fence` is the leader's fencing number.
        """
        status = node.status
        pool, policy = snapshot.pool(status.pool), snapshot.configuration
        drain = drain_settings(pool, policy)
        ends = node_status.drain_deadline(status, drain)
        request = Request(
            "update.yml",
            (host_of(node, config.to_api(), self._settings),),
            policy.to_api() if policy else None,
            fence + status.fence_offset,
            pool=pool.to_api() if pool else None,
            variables={
                "machineconfig_attempt": status.attempt,
                "machineconfig_again": status.again,
                "cluster_cordon_mark": node.cordon_mark,
                "drain_gives_back": ends is not None and now >= ends,
                # Otherwise preflight finds out.
                **({"drain_keeps": True} if status.between_configs else {}),
            },
        )
        run = self._executor.start(request)
        applied = policy.spec if policy else None
        self._runs[node.name] = _UnderWay(node, run, request.fence, drain, applied)
        self._entered[node.name] = (run.phase, now)
        return run.command

    def stop(self, node: str) -> None:
        """Stop the run of a node; the interruption does not count as a failure."""
        self._stopped.add(node)
        self._runs[node].run.cancel()

    def back_off(self, node: str, now: datetime) -> None:
        """Delay the next attempt on a node, longer each time."""
        self._backoff.grow(node, now)

    def reset_backoff(self, node: str) -> None:
        """Allow the next attempt on a node at once."""
        self._backoff.reset(node)

    def poll(
        self, nodes: Mapping[str, Node], now: datetime, unreadable: Collection[str] = ()
    ) -> Progress:
        """Return how the status of nodes has changed; `acknowledge` each one that was recorded.

        The runs of `unreadable` Nodes are left alone until those can be read again.
        """
        transitions = tuple(self._transitions(nodes, now, unreadable))
        self._next_due = self._due(now)
        ended = ((name, self._runs[name].run.results or {}) for name in sorted(self._reported))
        shortages = (results[name].shortage for name, results in ended)
        return Progress(transitions, next(filter(None, shortages), ""))

    def _transitions(
        self, nodes: Mapping[str, Node], now: datetime, unreadable: Collection[str]
    ) -> Iterator[tuple[Node, Transition]]:
        for name, started in tuple(self._runs.items()):
            node, run = nodes.get(name), started.run
            if node is None and name in unreadable:
                continue
            if node is None or node.uid != started.node.uid:
                self._drop(name, run)
            elif run.results is not None:
                self._reported.add(name)
                result = run.results[name]
                change = self._let_be if result.shortage else self._ended
                yield node, change(started.seen(node), result, now)
            elif told := self._silence(started.seen(node), run, now):
                yield node, told
            elif run.phase is not node.status.phase and self._is_shown(name, run.phase, now):
                yield node, _entered(started.seen(node), run.phase, now)
            elif run.phase is Phase.DRAIN and run.blockers:
                yield from _waits(node, run.blockers, now)

    def _due(self, now: datetime) -> datetime | None:
        """When the phase of a run has lasted long enough to be shown, and is not."""
        times = (since + _LASTING for _, since in self._entered.values())
        return min((each for each in times if each > now), default=None)

    def acknowledge(self, node: str) -> None:
        """Forget a run whose result was reported, now that it is recorded."""
        if node in self._reported:
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

    def _silence(self, node: Node, run: Run, now: datetime) -> Transition | None:
        """That the run waits for the node, unless worse is said of it, or does so no more."""
        said = self._silent.get(node.name)
        if run.waiting_for and not node.status.reason:
            status = node_status.on_unreachable(node.status, run.phase, run.waiting_for, now)
            self._silent[node.name] = status.reason
            return _warning(node, status, "AwaitsAnswer")
        if said and not run.waiting_for and said == node.status.reason:
            status = node_status.on_phase_entered(node.status, run.phase, now)
            return Transition(status.model_copy(update={"reason": ""}), "", "answers again")
        return None

    def _is_shown(self, node: str, phase: Phase, now: datetime) -> bool:
        seen = self._entered.get(node)
        if seen is None or seen[0] is not phase:
            seen = self._entered[node] = (phase, now)
        return bool(phase) and (phase not in _SHORT or now - seen[1] >= _LASTING)

    def _forget(self, node: str) -> None:
        self._runs.pop(node, None)
        self._entered.pop(node, None)
        self._silent.pop(node, None)
        self._reported.discard(node)
        self._stopped.discard(node)

    def _ended(self, node: Node, result: Result, now: datetime) -> Transition:
        status = node.status
        if result.succeeded:
            self._backoff.reset(node.name)
            verified = result.verified
            done = node_status.on_done(status, verified.boot_id, now, verified.machine_id)
            done = node_status.with_unreturned(node_status.on_uncordoned(done), verified.unreturned)
            # Whoever asked for it meanwhile has it.
            answered = node_status.with_handled(done, recover=node.requests.recover)
            kept = [each for each in done.unreturned if each not in status.unreturned]
            message = "; ".join([f"is on {status.desired_config}", *filter(None, [summary(kept)])])
            return Transition(answered, "Done", message, warning=bool(kept))
        if result.restored:
            return verdict.restored(node, result.message, now)
        if result.given_back or (result.phase is Phase.DRAIN and not result.unreachable):
            return self._not_drained(node, result, now)
        if result.transient:
            return self._interrupted(node, result, now)
        failed = node_status.on_failed(
            status, result.phase, result.cause, result.remedy, now, rolled_back=result.rolled_back
        )
        return _warning(node, failed, "Failed")

    def _let_be(self, node: Node, result: Result, now: datetime) -> Transition:
        """Try again soon: the node has nothing to do with it."""
        self._backoff.set(node.name, now + FIRST_PAUSE)
        status = node_status.on_stopped(node.status, result.phase, now)
        return Transition(status, "", f"its run has ended: the controller {result.shortage}")

    def _interrupted(self, node: Node, result: Result, now: datetime) -> Transition:
        if node.name in self._stopped:
            return Transition(node.status, "", "its run has ended, as it should")
        self._backoff.grow(node.name, now)
        if result.refused_by_fence:
            return self._outnumbered(node, result, now)
        status = node_status.on_interrupted(node.status, result.phase, result.message, now)
        return _warning(node, status, "Interrupted")

    def _outnumbered(self, node: Node, result: Result, now: datetime) -> Transition:
        used = self._runs[node.name].fence
        status = node_status.on_fence_refused(node.status, result.refused_by_fence, used, now)
        failed = status.state is NodeState.DEGRADED
        return _warning(node, status, "Failed" if failed else "Interrupted")

    def _not_drained(self, node: Node, result: Result, now: datetime) -> Transition:
        found = node.status, result.blockers, result.cause
        if result.given_back:
            return _warning(
                node, node_status.on_drain_abandoned(*found, result.remedy, now), "DrainAbandoned"
            )
        status = node_status.on_drain_blocked(*found, now)
        again = now + timedelta(seconds=self._settings.drain_retry)
        ends = node_status.drain_deadline(status, self._runs[node.name].drain)
        self._backoff.set(node.name, min(again, ends) if ends and ends > now else again)
        return _warning(node, status, "DrainBlocked")


def _warning(node: Node, status: MachineConfigNodeStatus, event: str) -> Transition:
    """An Event for what is new; what only goes on is not told again."""
    same = status.reason == node.status.reason and status.state is node.status.state
    return Transition(status, "" if same else event, status.reason, warning=True)


def _waits(
    node: Node, found: Sequence[Blocker], now: datetime
) -> Iterator[tuple[Node, Transition]]:
    """What its drain waits for, where that was not told yet."""
    status = node_status.on_drain_blocked(node.status, found, "", now)
    if status != node.status:
        new = status.reason != node.status.reason
        event = "DrainWaits" if new else ""
        yield node, Transition(status, event, status.reason, warning=blockers.need_user(found))


def _entered(node: Node, phase: Phase, now: datetime) -> Transition:
    again = bool(node.status.reason)
    event = phase.value if phase in _TOLD and not again else ""
    return Transition(
        node_status.on_phase_entered(node.status, phase, now), event, f"in phase {phase}"
    )
