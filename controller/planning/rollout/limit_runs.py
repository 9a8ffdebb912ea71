"""Divide the runs that this process may have at once among the pools.

The window slides: a run that ends makes room for one, and a slow node holds only its own.
"""

from collections.abc import Collection, Sequence

from controller.planning.controller_state import ControllerState
from controller.planning.rollout.decision import Decision, Step


def limit_runs(
    groups: Sequence[tuple[Decision, ...]], controller: ControllerState
) -> tuple[tuple[Decision, ...], ...]:
    """Return the decisions of each pool, where those without a free run wait for one."""
    limit = controller.limits.parallel_runs
    started = _started(groups, controller.runs.under_way, limit)
    reason = f"waits for a run to end: {limit} of {limit} are under way"

    def limited(decision: Decision) -> Decision:
        waits = decision.step is Step.RUN and decision.node not in started
        return decision.withdrawn(reason) if waits else decision

    return tuple(tuple(map(limited, group)) for group in groups)


def _started(
    groups: Sequence[tuple[Decision, ...]], under_way: Collection[str], limit: int
) -> set[str]:
    """Return the nodes whose run starts; the pool with the fewest runs gets the next one."""
    used = [sum(decision.node in under_way for decision in group) for group in groups]
    waiting = [
        sorted((each for each in group if each.step is Step.RUN), key=lambda each: each.turn)
        for group in groups
    ]
    started: set[str] = set()
    for _ in range(limit - len(under_way)):
        poorest = min(
            (index for index, decisions in enumerate(waiting) if decisions),
            key=lambda index: used[index],
            default=None,
        )
        if poorest is None:
            break
        started.add(waiting[poorest].pop(0).node)
        used[poorest] += 1
    return started
