"""A decision: what one pass does for a node, and the reason."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Self


class Step(StrEnum):
    """The step of a pass for a node."""

    TARGET = "target"  # set its desired config, which takes a slot
    RECORD = "record"  # update its status alone: nothing on the node changes
    RUN = "run"  # start a run towards its desired config
    CANCEL = "cancel"  # end its run, whose config is not the target any more
    UNTAINT = "untaint"  # remove the taint of new nodes
    HAND_OVER = "handOver"  # let another replica of the controller lead, for this one's node
    NONE = "none"


class Turn(IntEnum):
    """Which runs start before which others; a node that does not answer keeps none from its run."""

    DOWN = 0
    ORDINARY = 1
    TRIED_IN_VAIN = 2


@dataclass(frozen=True)
class Wait:
    """The result of a gate that holds a node back.

    `until` is when the node is to be decided on again, None if an event has to come first; `step`
    is what is done meanwhile. `needs_user` marks a wait that only a user can end.
    """

    reason: str
    until: datetime | None = None
    step: Step = Step.NONE
    needs_user: bool = False


@dataclass(frozen=True)
class Decision:
    """One node, one step, and its reason for users.

    `until` and `needs_user` are those of a wait. Where not all runs can start, those of the first
    `turn` do.
    """

    node: str
    step: Step
    reason: str
    config: str = ""
    until: datetime | None = None
    needs_user: bool = False
    turn: Turn = Turn.ORDINARY

    @classmethod
    def none(cls, node: str, reason: str) -> Self:
        """Leave the node alone."""
        return cls(node, Step.NONE, reason)

    @classmethod
    def of_wait(cls, node: str, wait: Wait) -> Self:
        """Hold the node back."""
        return cls(node, wait.step, wait.reason, until=wait.until, needs_user=wait.needs_user)

    def withdrawn(self, reason: str) -> Self:
        """Take no step for the node, for a reason that concerns more than its pool."""
        return replace(self, step=Step.NONE, reason=reason, config="")
