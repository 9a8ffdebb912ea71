"""Rules over the decisions of all pools together."""

from collections.abc import Collection, Sequence

from controller.planning.controller_state import ControllerState
from controller.planning.rollout.decision import Decision, Step

_STARTING = frozenset({Step.TARGET, Step.RUN})


def start_nothing(
    groups: Sequence[tuple[Decision, ...]], reason: str
) -> Sequence[tuple[Decision, ...]]:
    """Return the decisions without those that start something; all of them without a `reason`."""
    return _withdraw(groups, _STARTING, reason) if reason else groups


def step_down_last(
    groups: Sequence[tuple[Decision, ...]], controller: ControllerState
) -> Sequence[tuple[Decision, ...]]:
    """Return the decisions, where the leader steps down only when nothing else is left to do.

    Otherwise each replica would step down at once for its own node, and they would take turns.
    """
    steps = {decision.step for group in groups for decision in group}
    if not controller.runs.under_way and not steps & _STARTING:
        return groups
    reason = "runs the controller: waits for all other updates"
    return _withdraw(groups, {Step.HAND_OVER}, reason)


def _withdraw(
    groups: Sequence[tuple[Decision, ...]], steps: Collection[Step], reason: str
) -> Sequence[tuple[Decision, ...]]:
    return [
        tuple(
            decision.withdrawn(reason) if decision.step in steps else decision for decision in group
        )
        for group in groups
    ]
