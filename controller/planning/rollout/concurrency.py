"""Who gets one of the runs that this process may have at once: each pool its share.

A window that slides: a run that ends makes room for one, and a slow node holds only its own.
"""

from collections.abc import Sequence
from dataclasses import replace

from controller.planning.rollout.decide import Decision, Step
from controller.planning.snapshot import Runs


def shared(groups: Sequence[tuple[Decision, ...]], runs: Runs) -> tuple[tuple[Decision, ...], ...]:
    """The decisions of each pool, where those that find no run free wait for one."""
    under_way = [sum(each.node in runs.under_way for each in group) for group in groups]
    asking = [[each.node for each in group if each.step is Step.RUN] for group in groups]
    started: set[str] = set()
    for _ in range(runs.most - len(runs.under_way)):
        poorest = min(
            (index for index, nodes in enumerate(asking) if nodes),
            key=lambda index: under_way[index],
            default=None,
        )
        if poorest is None:
            break
        started.add(asking[poorest].pop(0))
        under_way[poorest] += 1
    reason = f"waits for a run to end: {runs.most} of {runs.most} are under way"
    return tuple(
        tuple(
            replace(each, step=Step.NOTHING, reason=reason, config="")
            if each.step is Step.RUN and each.node not in started
            else each
            for each in group
        )
        for group in groups
    )
