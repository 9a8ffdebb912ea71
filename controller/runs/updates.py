"""The update runs under way, at most one for each node."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from controller.api.machine_config import MachineConfig
from controller.api.machine_config_node import MachineConfigNodeStatus, Phase
from controller.api.machine_configuration import MachineConfiguration
from controller.execution.protocol import Executor, Request, Result, Run, cancel_all
from controller.planning import node_status
from controller.planning.controller_state import ControllerState, Identity, Limits, Runs
from controller.planning.drain.settings import drain_settings
from controller.planning.drift import verdict
from controller.planning.node import Node
from controller.planning.snapshot import Snapshot
from controller.planning.transition import Transition
from controller.runs import node_transitions
from controller.runs.backoff import FIRST_PAUSE, Backoff
from controller.runs.hosts import host_of
from controller.runs.lock_outs import LockOuts
from controller.runs.progress import Progress
from controller.runs.update_run import UpdateRun
from controller.settings import Settings


class Updates:
    """Starts update runs, and keeps each until its result is recorded."""

    def __init__(self, executor: Executor, settings: Settings) -> None:
        self._executor = executor
        self._settings = settings
        self._runs: dict[str, UpdateRun] = {}
        self._backoff = Backoff()
        self._lock_outs = LockOuts(
            timedelta(seconds=settings.confirm_timeout),
            timedelta(seconds=2 * settings.resync_interval),
        )
        self._next_due: datetime | None = None

    @property
    def next_due(self) -> datetime | None:
        """When a phase will have lasted long enough to be shown."""
        return self._next_due

    def controller_state(
        self, standby_node: str = "", policy: MachineConfiguration | None = None
    ) -> ControllerState:
        """Return the state of the controller for the planner.

        `standby_node` is one where another replica could lead.
        """
        outdated = {
            name for name, run in self._runs.items() if policy and run.policy != policy.spec
        }
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

        Raises:
            ShortageError: no run can be started.
        """
        status = node.status
        pool, policy = snapshot.pool(status.pool), snapshot.configuration
        drain = drain_settings(pool, policy)
        deadline = node_status.drain_deadline(status, drain)
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
                "cluster_uid": node.uid,
                "drain_gives_back": deadline is not None and now >= deadline,
                # Otherwise preflight finds out.
                **({"drain_keeps": True} if status.between_configs else {}),
                **_locked_out(status),
            },
        )
        run = self._executor.start(request)
        spec = policy.spec if policy else None
        started = UpdateRun(node, run, request.fence, drain, spec, now, run.phase, now)
        self._runs[node.name] = started
        return run.command

    def stop(self, node: str) -> None:
        """Stop the run of a node; the interruption does not count as a failure."""
        self._runs[node].stopped = True
        self._runs[node].run.cancel()

    def back_off(self, node: str, now: datetime) -> None:
        """Delay the next run for a node, longer each time."""
        self._backoff.grow(node, now)

    def reset_backoff(self, node: str) -> None:
        """Allow the next run for a node at once."""
        self._backoff.reset(node)

    def poll(
        self, nodes: Mapping[str, Node], now: datetime, unreadable: Collection[str] = ()
    ) -> Progress:
        """Return the transitions of nodes; `acknowledge` each one that was recorded.

        The runs of `unreadable` Nodes are left alone until those can be read again.
        """
        self._lock_outs.attend(now)
        heard = _is_heard_of(nodes.values(), self._settings.node_name)
        transitions: list[tuple[Node, Transition]] = []
        shortage = ""
        for name, run in tuple(self._runs.items()):
            node = nodes.get(name)
            if node is None and name in unreadable:
                continue
            if node is None or node.uid != run.node.uid:
                self._drop(name, run.run)
            elif run.run.results is not None:
                run.reported = True
                result = run.run.results[name]
                shortage = shortage or result.shortage
                ended = self._result(run.current(node), run, result, heard, now)
                transitions.append((node, ended))
            elif progress := _progress(node, run, now):
                transitions.append((node, progress))
        due = [run.next_due(now) for run in self._runs.values()]
        self._next_due = min(filter(None, due), default=None)
        return Progress(tuple(transitions), shortage)

    def acknowledge(self, node: str) -> None:
        """Forget a run whose result was reported, now that it is recorded."""
        if node in self._runs and self._runs[node].reported:
            del self._runs[node]

    def cancel(self) -> None:
        """Cancel all runs, and wait until they have ended; other runs resume from the records."""
        cancel_all(run.run for run in self._runs.values())
        self._runs.clear()
        self._lock_outs.leave()

    def _drop(self, node: str, run: Run) -> None:
        """Cancel the run of a Node that is gone: its result is not that of one of the same name."""
        run.cancel()
        if run.results is not None:
            del self._runs[node]

    def _result(
        self,
        node: Node,
        run: UpdateRun,
        result: Result,
        heard: bool,  # noqa: FBT001 - a fact of the pass
        now: datetime,
    ) -> Transition:
        """Return the transition for a result, and set when the node may be tried again."""
        lock_out = self._lock_outs.judge(run, result, heard=heard, now=now)
        if result.shortage:
            self._backoff.set(node.name, now + FIRST_PAUSE)
            return node_transitions.on_shortage(node, result, now)
        if result.succeeded or result.unconfirmed:
            self._backoff.reset(node.name)
        if result.succeeded:
            return node_transitions.on_success(node, result, now)
        if result.restored:
            return verdict.restored(node, result.message, now)
        if result.unconfirmed:
            return node_transitions.on_unconfirmed(node, result, lock_out, now)
        return self._failed(node, run, result, now)

    def _failed(self, node: Node, run: UpdateRun, result: Result, now: datetime) -> Transition:
        if result.drain_abandoned or (result.phase is Phase.DRAIN and not result.unreachable):
            return self._drain_blocked(node, run, result, now)
        if result.transient:
            return self._interrupted(node, run, result, now)
        return node_transitions.on_failure(node, result, now)

    def _drain_blocked(
        self, node: Node, run: UpdateRun, result: Result, now: datetime
    ) -> Transition:
        transition = node_transitions.on_drain_blocked(node, result, now)
        if not result.drain_abandoned:
            retry = now + timedelta(seconds=self._settings.drain_retry)
            deadline = node_status.drain_deadline(transition.status, run.drain)
            # Its last drain attempt is the one at the deadline.
            last = deadline if deadline and deadline > now else retry
            self._backoff.set(node.name, min(retry, last))
        return transition

    def _interrupted(self, node: Node, run: UpdateRun, result: Result, now: datetime) -> Transition:
        if run.stopped:
            return Transition(node.status, "", "its run was stopped")
        self._backoff.grow(node.name, now)
        if result.refused_by_fence:
            return node_transitions.on_refused_fence(node, result, run.fence, now)
        return node_transitions.on_interruption(node, result, now)


def _is_heard_of(nodes: Iterable[Node], own: str) -> bool:
    """Return whether any node is heard of but that of this process, which needs no network."""
    return any(node.ready for node in nodes if node.name != own)


def _locked_out(status: MachineConfigNodeStatus) -> dict[str, str]:
    """Return the variable by which the node learns of a lock-out: only the controller knows."""
    config = {"machineconfig_locked_out": status.desired_config}
    return config if node_status.is_locked_out(status) else {}


def _progress(node: Node, run: UpdateRun, now: datetime) -> Transition | None:
    """Return the transition for what is new of a run that goes on."""
    current, phase, awaited = run.current(node), run.run.phase, run.run.waiting_for
    if awaited and not current.status.reason:
        transition = node_transitions.on_answer_overdue(current, phase, awaited, now)
        run.overdue = transition.status.reason
        return transition
    if run.overdue and not awaited and run.overdue == current.status.reason:
        return node_transitions.on_answered(current, phase, now)
    if phase is not node.status.phase and run.shows(phase, now):
        return node_transitions.on_phase(current, phase, now)
    if phase is Phase.DRAIN and run.run.blockers:
        return node_transitions.on_drain_waits(node, run.run.blockers, now)
    return None
