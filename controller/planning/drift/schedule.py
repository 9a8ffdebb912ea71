"""Which nodes are checked for drift now, and in which run; pure.

Each node is looked at once an interval, at a time of its own, so that the checks of many are spread
over it. Who comes back, or is asked for, is looked at at once. Nodes that have not answered are
looked at apart from the others, which do not wait for them.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from controller.planning.node import Node

_SHARE: Final = 20  # a run takes the nodes that are due within this part of the interval
_LEAST: Final = timedelta(seconds=10)  # of it, so that few nodes are looked at together
_MOMENT: Final = timedelta(seconds=10)
_JITTER: Final = 0.1  # part of the interval by which a node's time moves from one to the next


class Batch(StrEnum):
    """Nodes that are looked at in one run; of each there is one run at most."""

    REGULAR = "check"
    AT_ONCE = "check-at-once"
    SILENT = "check-silent"


@dataclass(frozen=True)
class Look:
    """What is remembered of a node from one look to the next.

    `due` is when it comes next, `at_once` whether there is a reason not to wait for others, and
    `right` when it was last seen as its config says. A node that has drifted may be what another
    config says, which is in force by now: it is held `against` that one too, and once `tried` not
    again before it was looked at anew.
    """

    due: datetime
    ready: bool
    boot_id: str
    at_once: bool = False
    right: datetime | None = None
    against: str = ""
    tried: str = ""


def looks(
    nodes: Iterable[Node],
    before: Mapping[str, Look],
    targets: Mapping[str, str],
    interval: timedelta,
    now: datetime,
) -> dict[str, Look]:
    """What is remembered of each node, by its uid, now that it is seen again.

    `targets` are the configs in force by pool.
    """
    seen = ((node, _look(node, before.get(node.uid), interval, now)) for node in nodes)
    return {node.uid: _toward(look, node, targets.get(node.status.pool, "")) for node, look in seen}


def batches(
    nodes: Collection[Node], seen: Mapping[str, Look], interval: timedelta, now: datetime
) -> dict[Batch, tuple[Node, ...]]:
    """The nodes that are looked at now."""
    late = any(seen[node.uid].due <= now for node in nodes if is_checked(node))
    soon = now + max(interval / _SHARE, _LEAST) if late else now
    chosen: dict[Batch, tuple[Node, ...]] = {}
    for node in nodes:
        look = seen[node.uid]
        if is_checked(node) and (_at_once(node, look) or look.due <= soon):
            of = batch(node, look)
            chosen[of] = (*chosen.get(of, ()), node)
    return chosen


def is_checked(node: Node) -> bool:
    """Whether the node can be held against a config: no update is under way, and none begins.

    One whose update has failed is looked at too, for a person may have put it right.
    """
    return (node.settled or node.failed) and not node.held


def held_against(look: Look, node: Node) -> str:
    """The config that the node is held against now; who asks is told of its own."""
    against = look.against if node.drifted and not node.check_requested else ""
    return against or node.expected_config


def after(look: Look, node: Node, interval: timedelta, now: datetime) -> Look:
    """What is remembered when a node was taken into a run."""
    if held_against(look, node) != node.expected_config:
        return replace(look, at_once=False, against="")
    part = 1 + _JITTER * (_fraction(f"{node.uid} {now}") - 1 / 2)
    return replace(look, due=now + interval * part, at_once=bool(look.against))


def seen(look: Look, now: datetime, *, drifted: bool) -> Look:
    """What is remembered when a node was found to have drifted, or as its config says."""
    return replace(look, tried="") if drifted else replace(look, right=now)


def soon(look: Look, now: datetime) -> Look:
    """What is remembered of a node of which nothing could be said, since it was being changed."""
    return replace(look, due=now + _MOMENT)


def _look(node: Node, before: Look | None, interval: timedelta, now: datetime) -> Look:
    if before is None:
        # Who has just started has updates to resume, and a restart must not check a fleet anew.
        return Look(now + interval * _fraction(node.uid), node.ready, node.boot_id)
    # Whatever the clock has done meanwhile.
    before = replace(before, due=min(before.due, now + interval * (1 + _JITTER)))
    is_back = node.ready and not before.ready
    if is_back or node.boot_id != before.boot_id:
        return replace(before, ready=node.ready, boot_id=node.boot_id, at_once=True)
    return before if node.ready == before.ready else replace(before, ready=node.ready)


def _toward(look: Look, node: Node, target: str) -> Look:
    if not node.drifted or target in {"", node.expected_config, look.tried}:
        return look
    return replace(look, at_once=True, against=target, tried=target)


def batch(node: Node, look: Look) -> Batch:
    """With whom a node is looked at; one whose update failed may well not answer."""
    if not node.ready or node.not_checked or node.failed:
        return Batch.SILENT
    return Batch.AT_ONCE if _at_once(node, look) else Batch.REGULAR


def _at_once(node: Node, look: Look) -> bool:
    return look.at_once or node.check_requested or (node.unconfirmed and not node.not_checked)


def _fraction(text: str) -> float:
    """A number from 0 to 1, always the same for a text and spread over texts."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) / 2**32
