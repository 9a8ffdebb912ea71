"""What runs have come to since they were last polled."""

from dataclasses import dataclass

from controller.planning.node import Node
from controller.planning.transition import Transition


@dataclass(frozen=True)
class Progress:
    """The transitions of nodes, which are to be recorded.

    `shortage` names what the controller itself was short of for a run that has ended.
    """

    transitions: tuple[tuple[Node, Transition], ...] = ()
    shortage: str = ""
