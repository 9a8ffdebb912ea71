"""Who gets one of the runs that this process may have at once: each pool its share.

A window that slides: a run that ends makes room for one, and a slow node holds only its own.
"""

from collections.abc import Sequence
from dataclasses import replace

from controller.planning.controller_state import ControllerState
from controller.planning.rollout.decide import Decision, Step


def limit_runs(
    groups: Sequence[tuple[Decision, ...]], controller: ControllerState
) -> tuple[tuple[Decision, ...], ...]:
    """The decisions of each pool, where those that find no run free wait for one."""
    under_way = [sum(each.node in controller.runs.under_way for each in group) for group in groups]
    asking = [[each.node for each in group if each.step is Step.RUN] for group in groups]
    started: set[str] = set()
    limit = controller.limits.parallel_runs
    for _ in range(limit - len(controller.runs.under_way)):
        poorest = min(
            (index for index, nodes in enumerate(asking) if nodes),
            key=lambda index: under_way[index],
            default=None,
        )
        if poorest is None:
            break
        started.add(asking[poorest].pop(0))
        under_way[poorest] += 1
    reason = f"waits for a run to end: {limit} of {limit} are under way"
    return tuple(
        tuple(
            replace(each, step=Step.NONE, reason=reason, config="")
            if each.step is Step.RUN and each.node not in started
            else each
            for each in group
        )
        for group in groups
    )
