"""The annotations by which a Node and the controller tell each other where they stand."""

from collections.abc import Mapping
from typing import Self

from controller.api import names
from controller.api.machine_config_node import NodeState, Requests
from controller.api.meta import ApiModel


def _is_on(value: str | None) -> bool:
    """An annotation that is a switch is on when it is there, unless it says `false`."""
    return value is not None and value.lower() != "false"


class NodeAnnotations(ApiModel):
    """Our annotations of a Node; what is None is not there."""

    current_config: str | None = None
    desired_config: str | None = None
    state: NodeState | None = None
    reason: str | None = None
    cordon_mark: str = ""
    hold: bool = False
    address: str | None = None
    requests: Requests = Requests()

    @classmethod
    def of(cls, annotations: Mapping[str, str] | None) -> Self:
        """Ours among all annotations of a Node.

        An annotation is free text that anyone may write: a state that we do not know counts as
        none, so that it can never stop the controller.
        """
        given = annotations or {}
        state = given.get(names.STATE)
        return cls(
            current_config=given.get(names.CURRENT_CONFIG),
            desired_config=given.get(names.DESIRED_CONFIG),
            state=NodeState(state) if state in set(NodeState) else None,
            reason=given.get(names.REASON),
            cordon_mark=given.get(names.CORDONED_BY_US, ""),
            hold=_is_on(given.get(names.HOLD)),
            address=given.get(names.ADDRESS),
            requests=Requests.of(given),
        )
