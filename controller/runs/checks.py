"""The check runs under way, and the checks of each node."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from controller.execution.protocol import Executor, Request, Result, Run, cancel_all
from controller.planning.drift import schedule
from controller.planning.drift.node_check import Batch, NodeCheck, is_checked
from controller.planning.node import Node
from controller.planning.snapshot import Snapshot
from controller.planning.transition import Transition
from controller.runs.hosts import host_of
from controller.runs.progress import Progress
from controller.settings import Settings

_log = structlog.get_logger(__name__)
_TIMEOUT: Final = timedelta(minutes=10)  # of a run; nodes that have not answered then are silent


@dataclass(frozen=True)
class _CheckRun:
    """A run, when it started, and the names of the configs that there were."""

    run: Run
    started: datetime
    configs: frozenset[str]

    def result(self, node: str) -> Result | None:
        # What was reported holds, also where the run was cancelled later.
        return self.run.reported.get(node) or (self.run.results or {}).get(node)

    def is_late(self, now: datetime) -> bool:
        return now - self.started > _TIMEOUT


class Checks:
    """Starts at most one run of each batch, and keeps the result of each node until recorded."""

    def __init__(self, executor: Executor, settings: Settings) -> None:
        self._executor = executor
        self._settings = settings
        self._interval = timedelta(seconds=settings.check_interval)
        self._runs: dict[Batch, _CheckRun] = {}
        # By uid; and by name, those whose run is finished when their transition is recorded.
        self._checks: dict[str, NodeCheck] = {}
        self._finished: dict[str, tuple[str, NodeCheck]] = {}
        self._next_due: datetime | None = None

    @property
    def next_due(self) -> datetime | None:
        """When the next check is due, of the nodes that wait for no run."""
        return self._next_due

    @property
    def matches(self) -> Mapping[str, str]:
        """By uid, the pool's target that a drifted node was found to match already."""
        return {uid: check.matching for uid, check in self._checks.items() if check.matching}

    def start(
        self,
        nodes: Collection[Node],
        snapshot: Snapshot,
        targets: Mapping[str, str],
        fence: int,
        now: datetime,
    ) -> None:
        """Start runs over the nodes that are due; those in an update verify themselves.

        `targets` are those of the pools, of which the snapshot may not contain the newest.

        Raises:
            ShortageError: no run can be started; its nodes stay due.
        """
        configs = {*targets.values(), *(config.name for config in snapshot.machine_configs)}
        self._checks = {
            node.uid: self._check(node, now).observed(
                node, targets.get(node.status.pool, ""), configs, self._interval, now
            )
            for node in nodes
        }
        self._drop_runs(now)
        free = [node for node in nodes if _is_free(self._checks[node.uid])]
        due = schedule.batches(free, self._checks, self._interval, now)
        for batch, members in due.items():
            if batch not in self._runs:
                self._start(batch, members, snapshot, fence, now)
        self._next_due = min(self._times(free), default=None)

    def poll(self, nodes: Mapping[str, Node], now: datetime) -> Progress:
        """Return the transitions of nodes; `acknowledge` each one that was recorded."""
        self._finished = {}
        found = [(node, *self._finish(node, now)) for node in nodes.values()]
        for run in self._runs.values():
            if run.run.results is None and run.is_late(now):
                run.run.cancel()
        transitions = tuple((node, transition) for node, transition, _ in found if transition)
        return Progress(transitions, next((shortage for *_, shortage in found if shortage), ""))

    def acknowledge(self, node: str) -> None:
        """Finish the check of a node, now that its transition is recorded."""
        if node in self._finished:
            uid, check = self._finished.pop(node)
            self._checks[uid] = check

    def cancel(self) -> None:
        """Cancel all runs, and wait until they have ended."""
        cancel_all(run.run for run in self._runs.values())
        self._runs.clear()
        self._checks = {uid: check.abandoned() for uid, check in self._checks.items()}

    def _start(
        self, batch: Batch, nodes: Collection[Node], snapshot: Snapshot, fence: int, now: datetime
    ) -> None:
        configs = {node.uid: self._checks[node.uid].config(node) for node in nodes}
        needed = set(configs.values())
        # The nodes of a pool share one document.
        documents = {
            config.name: config.to_api()
            for config in snapshot.machine_configs
            if config.name in needed
        }
        hosts = {
            node.uid: host_of(node, documents[configs[node.uid]], self._settings)
            for node in nodes
            if configs[node.uid] in documents
        }
        if hosts:
            request = Request("check.yml", tuple(hosts.values()), None, fence, batch)
            run = self._executor.start(request)
            known = frozenset(config.name for config in snapshot.machine_configs)
            self._runs[batch] = _CheckRun(run, now, known)
            _log.info("check started", nodes=len(hosts), command=run.command)
        # Not before: where no run can be started, the nodes stay due.
        for node in nodes:
            check = self._checks[node.uid]
            then = check.started if node.uid in hosts else check.skipped
            self._checks[node.uid] = then(node, self._interval, now)

    def _finish(self, node: Node, now: datetime) -> tuple[Transition | None, str]:
        """Return the node's transition, and what the controller was short of for its run."""
        check = self._check(node, now)
        run = self._runs.get(check.comparison.batch) if check.comparison else None
        result = run.result(node.name) if run else None
        if run is None or result is None:
            return check.without_run(node, now), ""
        if result.shortage:
            after = self._checks[node.uid] = check.postponed(node, now)
            return after.without_run(node, now), result.shortage
        cause = result.message or "its answer is invalid"
        after, transition = check.finished(node, result.findings, cause, run.configs, now)
        if transition:
            self._finished[node.name] = node.uid, after
        else:
            self._checks[node.uid] = after
        return transition, ""

    def _check(self, node: Node, now: datetime) -> NodeCheck:
        return self._checks.get(node.uid) or NodeCheck.first(node, self._interval, now)

    def _drop_runs(self, now: datetime) -> None:
        """Drop runs that are over; a result that cannot be recorded in time is found again."""
        checks = self._checks.values()
        awaited = {check.comparison.batch for check in checks if check.comparison}
        over = {
            batch
            for batch, run in self._runs.items()
            if run.run.results is not None and (batch not in awaited or run.is_late(now))
        }
        self._runs = {batch: run for batch, run in self._runs.items() if batch not in over}
        self._checks = {
            uid: check.abandoned() if check.comparison and check.comparison.batch in over else check
            for uid, check in self._checks.items()
        }

    def _times(self, nodes: Collection[Node]) -> Iterator[datetime]:
        """Return when nodes are due that wait for no run; the end of a run wakes the controller."""
        for node in nodes:
            check = self._checks[node.uid]
            waits = check.comparison or check.batch(node) in self._runs
            if is_checked(node) and not waits:
                yield check.next_due


def _is_free(check: NodeCheck) -> bool:
    return check.comparison is None and not check.obstacle
