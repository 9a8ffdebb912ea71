"""What it means for a pool to be paused, or to go on: for whom, and what happens to them; pure."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from controller.cli.kubectl_mc.arguments import pool_lookup
from controller.cli.kubectl_mc.rollout.forecast import PoolOutlook, Prospect, outlook
from controller.cli.kubectl_mc.terminal.console import Line
from controller.planning.node import Node
from controller.planning.rollout.decision import Step
from controller.planning.snapshot import Snapshot
from controller.planning.summary import summarize_names


@dataclass(frozen=True)
class Change:
    """A pool, whether that is new to it, and what it means for its nodes."""

    pool: str
    paused: bool
    new: bool
    meaning: tuple[str, ...]

    def lines(self) -> Iterator[Line]:
        """The change for people."""
        word = "is paused" if self.paused else "goes on" if self.new else "is not paused"
        already = "" if self.new or not self.paused else " already"
        yield [(f"pool {self.pool}", "bold"), f" {word}{already}"]
        yield from ([f"  {each}"] for each in self.meaning)


def changes(
    named: Iterable[str], snapshot: Snapshot, boot_user: str, now: datetime, *, paused: bool
) -> tuple[Change, ...]:
    """What pausing these pools means, or letting them go on.

    Raises:
        CommandError: there is no such pool.
    """
    chosen = {name: pool_lookup.find(name, snapshot.pools) for name in named}
    then = replace(
        snapshot,
        pools=tuple(
            each.model_copy(update={"spec": each.spec.model_copy(update={"paused": paused})})
            if each.name in chosen
            else each
            for each in snapshot.pools
        ),
    )
    found = {each.plan.name: each for each in outlook(then, boot_user, now).pools}
    say = _when_paused if paused else _when_resumed
    return tuple(
        Change(name, paused, pool.spec.paused != paused, tuple(say(found[name])))
        for name, pool in chosen.items()
    )


def _when_paused(of: PoolOutlook) -> Iterator[str]:
    updating = [each.node for each in of.prospects if each.node.in_update]
    begun = [each for each in updating if each.status.applied]
    taken_back = [
        each.node
        for each in of.prospects
        if each.node in updating and each.node not in begun and _returns(each)
    ]
    waiting = [
        each.node
        for each in of.prospects
        if not each.node.settled_on(of.plan.target) and each.node not in [*begun, *taken_back]
    ]
    if begun:
        yield f"{_count(begun)} in an update: brought to the end of it"
    if taken_back:
        yield f"{_count(taken_back)} before the apply: taken back, and uncordoned"
    if waiting:
        yield f"{_count(waiting)} not on {of.plan.target or 'a rendered config'}: left as they are"
    if not updating and not waiting:
        yield f"all {len(of.prospects)} nodes are on {of.plan.target or 'no rendered config'}"


def _returns(of: Prospect) -> bool:
    """Whether the plan takes it back to where it was."""
    return of.now.step in {Step.TARGET, Step.CANCEL}


def _when_resumed(of: PoolOutlook) -> Iterator[str]:
    updating = [each.node for each in of.prospects if each.node.in_update]
    coming = [each.node for each in of.prospects if _comes(each) and each.node not in updating]
    others = [
        each
        for each in of.prospects
        if not each.node.settled_on(of.plan.target) and each.node not in [*updating, *coming]
    ]
    if updating:
        yield f"{_count(updating)} in an update: goes on with it"
    if coming:
        most = of.plan.pool.spec.max_unavailable
        yield f"{_count(coming)} to be updated to {of.plan.target}, at most {most} at a time"
    yield from (f"{each.node.name} is left as it is: {each.now.reason}" for each in others)
    if not updating and not coming and not others:
        yield f"all {len(of.prospects)} nodes are on {of.plan.target or 'no rendered config'}"
    yield from (f"error: {each}" for each in of.plan.problems)


def _comes(of: Prospect) -> bool:
    steps = {of.now.step, of.next.step if of.next else Step.NONE}
    return bool(steps & {Step.TARGET, Step.RUN, Step.STEP_DOWN})


def _count(nodes: Collection[Node]) -> str:
    """How many, and who."""
    noun = "node" if len(nodes) == 1 else "nodes"
    return f"{len(nodes)} {noun} ({summarize_names([each.name for each in nodes])})"
