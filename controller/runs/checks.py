"""The check runs under way: started for the nodes that are due, and turned into what they found."""

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from controller.api.addresses import is_host_name, is_ip_address
from controller.api.json_object import Json
from controller.api.machine_config_node import Failure
from controller.execution.protocol import Executor, Host, Request, Result, Run
from controller.planning import node_status
from controller.planning.drift import schedule, verdict
from controller.planning.drift.schedule import Batch, Look
from controller.planning.node import Node
from controller.planning.snapshot import Snapshot
from controller.planning.transition import Transition
from controller.runs.progress import Progress
from controller.settings import Settings

_log = structlog.get_logger(__name__)
_LONGEST: Final = timedelta(minutes=10)  # that a run may take; who has not answered then is silent


@dataclass(frozen=True)
class _Held:
    """A node as it was when it was held `against` a config, and the word it was asked by.

    `config` is the one that was expected of it, which the other mostly is too; `attempt` and
    `failure` are those of its last update.
    """

    uid: str
    config: str
    against: str
    asked: str
    attempt: str
    failure: Failure | None

    def stands(self, node: Node | None) -> bool:
        """Whether what is found still says something of the node."""
        return (
            node is not None
            and node.uid == self.uid
            and schedule.is_checked(node)
            and node.expected_config == self.config
            # No update has come and gone meanwhile.
            and node.status.attempt == self.attempt
            and node.status.last_failure == self.failure
        )


@dataclass(frozen=True)
class _UnderWay:
    """A run, when it began, and the nodes whose findings were not written down yet."""

    run: Run
    began: datetime
    held: dict[str, _Held]
    known: frozenset[str]

    def is_over(self, now: datetime) -> bool:
        """Whether there is nothing more to write; what cannot be written is found again."""
        return self.run.results is not None and (not self.held or now - self.began > _LONGEST)


class Checks:
    """At most one run of each batch at a time."""

    def __init__(self, executor: Executor, settings: Settings) -> None:
        """Nothing was checked yet."""
        self._executor = executor
        self._interval = timedelta(seconds=settings.check_interval)
        self._runs: dict[Batch, _UnderWay] = {}
        self._looks: dict[str, Look] = {}
        self._matching: dict[str, str] = {}
        # Nodes that cannot be looked at, and why.
        self._hopeless: dict[str, str] = {}
        self._shortage = ""
        self._next_due: datetime | None = None

    @property
    def next_due(self) -> datetime | None:
        """When the next check is due, of the nodes that are in no check run."""
        return self._next_due

    @property
    def matching(self) -> Mapping[str, str]:
        """By uid, the pool's target that a drifted node was found to match already."""
        return dict(self._matching)

    def start(
        self,
        nodes: Collection[Node],
        snapshot: Snapshot,
        targets: Mapping[str, str],
        fence: int,
        now: datetime,
    ) -> None:
        """Look at the nodes that are due; those in an update say themselves where they stand.

        `targets` are the configs in force by pool, of which the snapshot may not hold the newest.
        """
        self._runs = {batch: run for batch, run in self._runs.items() if not run.is_over(now)}
        self._looks = schedule.looks(nodes, self._looks, targets, self._interval, now)
        drifted = {node.uid: targets.get(node.status.pool) for node in nodes if node.drifted}
        self._matching = {
            uid: config for uid, config in self._matching.items() if drifted.get(uid) == config
        }
        configs = {*targets.values(), *(each.name for each in snapshot.machine_configs)}
        self._hopeless = {node.name: why for node in nodes for why in _obstacle(node, configs)}
        free = [node for node in nodes if not self._has(node) and node.name not in self._hopeless]
        for batch, chosen in schedule.batches(free, self._looks, self._interval, now).items():
            if batch not in self._runs:
                self._begin(batch, chosen, snapshot, fence, now)
        self._next_due = min((look.due for look in self._resting(free)), default=None)

    def poll(self, nodes: Mapping[str, Node], now: datetime) -> Progress:
        """Return how the status of nodes has changed; `acknowledge` each one that was recorded."""
        self._shortage = ""
        transitions = tuple(self._transitions(nodes, now))
        return Progress(transitions, self._shortage)

    def _transitions(
        self, nodes: Mapping[str, Node], now: datetime
    ) -> Iterator[tuple[Node, Transition]]:
        for under_way in tuple(self._runs.values()):
            yield from self._found(under_way, nodes, now)
            if under_way.run.results is None and now - under_way.began > _LONGEST:
                under_way.run.cancel()
        for name, why in self._hopeless.items():
            node = nodes.get(name)
            if node and schedule.is_checked(node):
                change = verdict.unseen(node, why, node.status.phase_since, now)
                status = node_status.with_handled(change.status, check=node.requests.check)
                if status != node.status:
                    yield node, dataclasses.replace(change, status=status)
        for node in nodes.values():
            if node.check_requested and not schedule.is_checked(node):
                status = node_status.with_handled(node.status, check=node.requests.check)
                yield node, Transition(status, "", "is not checked: it is in an update, or held")

    def acknowledge(self, node: str) -> None:
        """Forget the result of a node, now that it is recorded."""
        for under_way in tuple(self._runs.values()):
            if self._result(under_way, node):
                under_way.held.pop(node, None)

    def cancel(self) -> None:
        """End all runs."""
        for under_way in self._runs.values():
            under_way.run.cancel()
        for under_way in self._runs.values():
            under_way.run.wait()
        self._runs.clear()

    def _begin(
        self, batch: Batch, nodes: Collection[Node], snapshot: Snapshot, fence: int, now: datetime
    ) -> None:
        against = {node.name: schedule.held_against(self._looks[node.uid], node) for node in nodes}
        # The nodes of a pool share one document.
        needed = set(against.values())
        there = [each for each in snapshot.machine_configs if each.name in needed]
        configs: Mapping[str, Json] = {each.name: each.to_api() for each in there}
        chosen = [node for node in nodes if against[node.name] in configs]
        hosts = [Host(node.name, node.address, configs[against[node.name]]) for node in chosen]
        held = {node.name: _held(node, against[node.name]) for node in chosen}
        request = Request("check.yml", tuple(hosts), None, fence, batch)
        run = self._executor.start(request) if chosen else None
        # Not before: those for which there can be no run are still due.
        for node in nodes:
            look = self._looks[node.uid]
            self._looks[node.uid] = schedule.after(look, node, self._interval, now)
        if run is None:
            return
        known = frozenset(each.name for each in snapshot.machine_configs)
        self._runs[batch] = _UnderWay(run, now, held, known)
        _log.info("check", nodes=len(hosts), command=run.command)

    def _resting(self, nodes: Iterable[Node]) -> Iterator[Look]:
        """The looks that time brings; the end of a run wakes those who wait for it."""
        for node in nodes:
            look = self._looks[node.uid]
            waits = self._has(node) or schedule.batch(node, look) in self._runs
            if schedule.is_checked(node) and not waits:
                yield look

    def _has(self, node: Node) -> bool:
        return any(node.name in under_way.held for under_way in self._runs.values())

    def _found(
        self, under_way: _UnderWay, nodes: Mapping[str, Node], now: datetime
    ) -> Iterator[tuple[Node, Transition]]:
        for name, held in tuple(under_way.held.items()):
            node, result = nodes.get(name), self._result(under_way, name)
            if node is None or not held.stands(node):
                under_way.held.pop(name, None)
            elif result:
                change = self._change(node, held, result, under_way.known, now)
                if change and change.status != node.status:
                    yield node, change
                else:
                    under_way.held.pop(name, None)

    def _result(self, under_way: _UnderWay, node: str) -> Result | None:
        # What was reported stands, also where the run was ended before its time.
        return under_way.run.reported.get(node) or (under_way.run.results or {}).get(node)

    def _change(
        self, node: Node, held: _Held, result: Result, known: Collection[str], now: datetime
    ) -> Transition | None:
        """What the result makes of the node; None where it says nothing of it."""
        if result.shortage:
            self._let_be(node, result, now)
            return None
        found = result.findings
        if held.against != held.config:
            self._matching.pop(node.uid, None)
            if verdict.is_adopted(node, found):
                self._matching[node.uid] = held.against
            return None
        look = self._looks.get(node.uid)
        if found is None:
            words = result.message or "its answer is invalid"
            right = look.right if look else None
            change = verdict.unseen(node, words, right or node.status.phase_since, now)
        elif found.moved:
            if look:
                self._looks[node.uid] = schedule.soon(look, now)
            return None
        else:
            if look:
                self._looks[node.uid] = schedule.seen(look, now, drifted=bool(found.drift))
            change = verdict.verdict(node, found, known, now)
        status = node_status.with_handled(change.status, check=held.asked)
        return dataclasses.replace(change, status=status)

    def _let_be(self, node: Node, result: Result, now: datetime) -> None:
        """Look again soon: the node has nothing to do with it."""
        self._shortage = result.shortage
        if look := self._looks.get(node.uid):
            self._looks[node.uid] = schedule.soon(look, now)


def _obstacle(node: Node, configs: Collection[str]) -> Iterator[str]:
    """Why a node that is settled cannot be looked at at all."""
    if not schedule.is_checked(node):
        return
    if not (is_ip_address(node.address) or is_host_name(node.address)):
        yield f"{node.address!r} is not a valid address (correct the Node's address)"
    elif node.expected_config not in configs:
        words = "is gone, with its pool or its MachineConfigs"
        yield f"{node.expected_config} {words} (the node is checked again on its pool's config)"


def _held(node: Node, against: str) -> _Held:
    # Who asks is told of the node's own config.
    status, expected = node.status, node.expected_config
    asked = node.requests.check if against == expected else ""
    return _Held(node.uid, expected, against, asked, status.attempt, status.last_failure)
