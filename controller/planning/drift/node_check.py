"""The drift checks of one node as a state machine: when it is due, started and finished; pure."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from controller.api.addresses import is_host_name, is_ip_address
from controller.api.machine_config_node import Failure
from controller.planning import node_status
from controller.planning.drift import verdict
from controller.planning.drift.findings import Findings
from controller.planning.node import Node
from controller.planning.transition import Transition

_POSTPONED: Final = timedelta(seconds=10)
_JITTER: Final = 0.1  # part of the interval by which the checks of a node move from one to the next


class Batch(StrEnum):
    """Nodes that are checked in one run; of each batch there is one run at most.

    The values name the folders of these runs, in which ssh needs short paths for its sockets.
    """

    REGULAR = "check"
    URGENT = "check-urgent"
    UNRESPONSIVE = "check-silent"


@dataclass(frozen=True)
class Comparison:
    """What a node is compared with in a run, and the node as it was when the run started.

    `config` is its own, `expected`, or its pool's target; `nonce` is the request that this answers.
    """

    batch: Batch
    config: str
    expected: str
    nonce: str
    attempt: str
    last_failure: Failure | None

    @classmethod
    def of(cls, node: Node, batch: Batch, config: str) -> Self:
        """Return the comparison of a node, which answers a request if it is with its own config."""
        expected = node.expected_config
        nonce = node.requests.check if config == expected else ""
        status = node.status
        return cls(batch, config, expected, nonce, status.attempt, status.last_failure)

    def is_current(self, node: Node) -> bool:
        """Whether its result still holds: no update has come, or come and gone, meanwhile."""
        return (
            is_checked(node)
            and node.expected_config == self.expected
            and node.status.attempt == self.attempt
            and node.status.last_failure == self.last_failure
        )


@dataclass(frozen=True)
class NodeCheck:
    """What is remembered of a node's checks.

    `urgent` checks do not wait for those of other nodes. A drifted node is compared once with its
    pool's `target` too, which it may match already: then `matching` names it. `obstacle` is why
    the node cannot be checked, and `comparison` belongs to the run that it is in.
    """

    next_due: datetime
    ready: bool
    boot_id: str
    urgent: bool = False
    last_in_sync: datetime | None = None
    target: str = ""
    compared_target: str = ""
    matching: str = ""
    obstacle: str = ""
    comparison: Comparison | None = None

    @classmethod
    def first(cls, node: Node, interval: timedelta, now: datetime) -> Self:
        """Return the check of a node that was unknown; a restart must not check all at once."""
        return cls(now + interval * _fraction(node.uid), node.ready, node.boot_id)

    def observed(
        self, node: Node, target: str, configs: Collection[str], interval: timedelta, now: datetime
    ) -> Self:
        """Return the check of a node as it is now, in a pool with this target.

        `configs` are the names of those that there are.
        """
        is_back = (node.ready and not self.ready) or node.boot_id != self.boot_id
        seen = replace(
            self,
            # However the clock was set meanwhile.
            next_due=min(self.next_due, now + interval * (1 + _JITTER)),
            ready=node.ready,
            boot_id=node.boot_id,
            urgent=self.urgent or is_back,
            target=self.target if node.drifted else "",
            matching=self.matching if node.drifted and target == self.matching else "",
            obstacle=_obstacle(node, configs) if is_checked(node) else "",
            comparison=self._current(node),
        )
        if not node.drifted or target in {"", node.expected_config, self.compared_target}:
            return seen
        return replace(seen, urgent=True, target=target, compared_target=target)

    def due(self, node: Node, now: datetime) -> bool:
        """Whether the node is to be checked."""
        return is_checked(node) and (self._is_urgent(node) or self.next_due <= now)

    def batch(self, node: Node) -> Batch:
        """Return the batch that the node is checked in; those that may hang have one apart."""
        if not node.ready or node.not_checked or node.failed:
            return Batch.UNRESPONSIVE
        return Batch.URGENT if self._is_urgent(node) else Batch.REGULAR

    def config(self, node: Node) -> str:
        """Return the config that the node is compared with next; a request is about its own."""
        other = self.target if node.drifted and not node.check_requested else ""
        return other or node.expected_config

    def started(self, node: Node, interval: timedelta, now: datetime) -> Self:
        """Return the check whose node is in a run now."""
        comparison = Comparison.of(node, self.batch(node), self.config(node))
        return replace(self.skipped(node, interval, now), comparison=comparison)

    def skipped(self, node: Node, interval: timedelta, now: datetime) -> Self:
        """Return the check whose node was due and is in no run, since its config is not there."""
        if self.config(node) != node.expected_config:
            return replace(self, urgent=False, target="")
        factor = 1 + _JITTER * (_fraction(f"{node.uid} {now}") - 1 / 2)
        return replace(self, next_due=now + interval * factor, urgent=bool(self.target))

    def finished(
        self,
        node: Node,
        findings: Findings | None,
        cause: str,
        configs: Collection[str],
        now: datetime,
    ) -> tuple[Self, Transition | None]:
        """Return the check after its run, and the node's transition if its status changes.

        Without `findings` the check has failed for a `cause`; `configs` are those that there were.
        """
        comparison, after = self._current(node), self.abandoned()
        if comparison is None:
            return after, after.without_run(node, now)
        if comparison.config != comparison.expected:
            matches = findings is not None and verdict.matches(node, findings)
            after = replace(after, matching=comparison.config if matches else "")
            return after, after.without_run(node, now)
        if findings is None:
            since = self.last_in_sync or node.status.phase_since
            transition = verdict.not_checked(node, cause, since, now)
        elif findings.moved:
            after = self.postponed(node, now)
            return after, after.without_run(node, now)
        else:
            if findings.drift:
                after = replace(after, compared_target="")
            else:
                after = replace(after, last_in_sync=now)
            transition = verdict.verdict(node, findings, configs, now)
        return after, _answered(node, transition, comparison.nonce)

    def without_run(self, node: Node, now: datetime) -> Transition | None:
        """Return the transition of a node that cannot be in a run, if its status changes."""
        if node.check_requested and not is_checked(node):
            message = "is not checked: it is in an update, or held"
            return _answered(node, Transition(node.status, "", message), node.requests.check)
        if not self.obstacle or not is_checked(node):
            return None
        transition = verdict.not_checked(node, self.obstacle, node.status.phase_since, now)
        return _answered(node, transition, node.requests.check)

    def postponed(self, node: Node, now: datetime) -> Self:
        """Return the check that is repeated soon, since its run had no usable result."""
        after = self.abandoned()
        return replace(after, next_due=now + _POSTPONED) if self._current(node) else after

    def abandoned(self) -> Self:
        """Return the check whose node is in no run any more."""
        return replace(self, comparison=None)

    def _current(self, node: Node) -> Comparison | None:
        return self.comparison if self.comparison and self.comparison.is_current(node) else None

    def _is_urgent(self, node: Node) -> bool:
        confirms = node.rebuilt and not node.not_checked
        return self.urgent or node.check_requested or confirms


def is_checked(node: Node) -> bool:
    """Whether the node can be compared with a config: it is in no update, and not held.

    One whose update has failed is checked too, since an administrator may have fixed it.
    """
    return (node.settled or node.failed) and not node.held


def _answered(node: Node, transition: Transition, nonce: str) -> Transition | None:
    status = node_status.with_handled(transition.status, check=nonce)
    return None if status == node.status else replace(transition, status=status)


def _obstacle(node: Node, configs: Collection[str]) -> str:
    if not (is_ip_address(node.address) or is_host_name(node.address)):
        return f"{node.address!r} is not a valid address (correct the Node's address)"
    expected = node.expected_config
    if expected not in configs:
        return f"{expected} was deleted (the node is checked again on its pool's target)"
    return ""


def _fraction(text: str) -> float:
    """Return a number from 0 to 1, always the same for a text and spread over texts."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) / 2**32
