"""The check runs under way: started for the nodes that are due, and turned into what they found."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from controller.execution.protocol import Executor, Host, Json, Request, Result, Run
from controller.planning import checking, drift, progress
from controller.planning.change import Change
from controller.planning.checking import Batch, Look
from controller.planning.snapshot import Node, Snapshot
from controller.settings import Settings

_log = structlog.get_logger(__name__)
_LONGEST: Final = timedelta(minutes=10)  # that a run may take; who has not answered then is silent


@dataclass(frozen=True)
class _Held:
    """A node as it was when it was held `against` a config, and the word it was asked by.

    `config` is its own, which the other mostly is too.
    """

    uid: str
    config: str
    against: str
    asked: str

    def stands(self, node: Node | None) -> bool:
        """Whether what is found still says something of the node."""
        return (
            node is not None
            and node.uid == self.uid
            and checking.is_checked(node)
            and node.status.current_config == self.config
        )


@dataclass(frozen=True)
class _UnderWay:
    """A run, when it began, and the nodes whose findings were not written down yet."""

    run: Run
    began: datetime
    held: dict[str, _Held]
    known: frozenset[str]


class Checks:
    """At most one run of each batch at a time."""

    def __init__(self, executor: Executor, settings: Settings) -> None:
        """Nothing was checked yet."""
        self._executor = executor
        self._interval = timedelta(seconds=settings.check_interval)
        self._runs: dict[Batch, _UnderWay] = {}
        self._looks: dict[str, Look] = {}
        # By uid, the config in force that a drifted node was found to be on already.
        self.adopted: dict[str, str] = {}
        # When the next check is due, of the nodes that are not being looked at.
        self.next_due: datetime | None = None

    def start(self, nodes: Collection[Node], snapshot: Snapshot, fence: int, now: datetime) -> None:
        """Look at the nodes that are due; those in an update say themselves where they stand."""
        in_force = ((each.name, each.spec.configuration) for each in snapshot.pools)
        targets = {pool: config.name or "" for pool, config in in_force if config}
        self._looks = checking.looks(nodes, self._looks, targets, self._interval, now)
        drifted = {node.uid for node in nodes if node.drifted}
        self.adopted = {uid: config for uid, config in self.adopted.items() if uid in drifted}
        for batch, chosen in checking.batches(nodes, self._looks, self._interval, now).items():
            if batch not in self._runs:
                self._begin(batch, chosen, snapshot, fence, now)
        resting = [node for node in nodes if checking.is_checked(node) and not self._has(node)]
        self.next_due = min((self._looks[node.uid].due for node in resting), default=None)

    def news(self, nodes: Mapping[str, Node], now: datetime) -> Iterator[tuple[Node, Change]]:
        """What was found since the last pass; `settle` each that was recorded."""
        for batch, under_way in tuple(self._runs.items()):
            yield from self._found(under_way, nodes, now)
            if under_way.run.results is None and now - under_way.began > _LONGEST:
                under_way.run.cancel()
            if under_way.run.results is not None and not under_way.held:
                del self._runs[batch]
        for node in nodes.values():
            if node.check_asked and not checking.is_checked(node):
                status = progress.answered(node.status, check=node.asked.check)
                yield node, Change(status, "", "is not checked: it is in an update, or held")

    def settle(self, node: str) -> None:
        """Forget what was found of a node once that is written down."""
        for under_way in self._runs.values():
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
        against = {node.name: checking.held_against(self._looks[node.uid], node) for node in nodes}
        # The nodes of a pool share one document.
        needed = set(against.values())
        there = [each for each in snapshot.machine_configs if each.name in needed]
        configs: Mapping[str, Json] = {each.name: each.to_api() for each in there}
        for node in nodes:
            look = self._looks[node.uid]
            self._looks[node.uid] = checking.after(look, node, self._interval, now)
        chosen = [node for node in nodes if against[node.name] in configs]
        if not chosen:
            return
        hosts = [Host(node.name, node.address, configs[against[node.name]]) for node in chosen]
        held = {node.name: _held(node, against[node.name]) for node in chosen}
        run = self._executor.start(Request("check.yml", tuple(hosts), None, fence, batch))
        known = frozenset(each.name for each in snapshot.machine_configs)
        self._runs[batch] = _UnderWay(run, now, held, known)
        _log.info("check", nodes=len(hosts), command=run.command)

    def _has(self, node: Node) -> bool:
        return any(node.name in under_way.held for under_way in self._runs.values())

    def _found(
        self, under_way: _UnderWay, nodes: Mapping[str, Node], now: datetime
    ) -> Iterator[tuple[Node, Change]]:
        for name, held in tuple(under_way.held.items()):
            node, result = nodes.get(name), self._result(under_way, name)
            if node is None or not held.stands(node):
                del under_way.held[name]
            elif result:
                change = self._change(node, held, result, under_way.known, now)
                status = progress.answered(change.status, check=held.asked)
                if status == node.status:
                    del under_way.held[name]
                else:
                    yield node, Change(status, change.event, change.message, change.warning)

    def _result(self, under_way: _UnderWay, node: str) -> Result | None:
        return (under_way.run.results or under_way.run.reported).get(node)

    def _change(
        self, node: Node, held: _Held, result: Result, known: Collection[str], now: datetime
    ) -> Change:
        look = self._looks.get(node.uid)
        found = drift.Findings.of(result.findings.get("check", {})) if result.succeeded else None
        if held.against != held.config:
            if drift.is_adopted(node, found):
                self.adopted[node.uid] = held.against
            return Change(node.status, "", "was held against the config in force")
        if found is None:
            words = result.why or "it answered what makes no sense"
            right = look.right if look else None
            return drift.unseen(node, words, right or node.status.phase_since, now)
        if look and not found.drift and not found.moved:
            self._looks[node.uid] = checking.right(look, now)
        elif look and found.drift:
            self._looks[node.uid] = checking.drifted(look)
        return drift.verdict(node, found, known, now)


def _held(node: Node, against: str) -> _Held:
    # Who asks is told of the node's own config.
    asked = node.asked.check if against == node.status.current_config else ""
    return _Held(node.uid, node.status.current_config, against, asked)
