"""What runs have come to since they were last polled."""

from dataclasses import dataclass

from controller.planning.node import Node
from controller.planning.transition import Transition


@dataclass(frozen=True)
class Progress:
    """The changes of nodes that are to be recorded.

    `shortage` names what the controller itself had too little of for a run that has ended.
    """

    changes: tuple[tuple[Node, Transition], ...] = ()
    shortage: str = ""
