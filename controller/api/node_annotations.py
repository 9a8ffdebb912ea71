"""The annotations of a Node that the controller reads or writes."""

from collections.abc import Mapping
from typing import Self

from controller.api import names
from controller.api.machine_config_node import NodeState, Requests
from controller.api.meta import ApiModel


def _is_on(value: str | None) -> bool:
    """Whether a switch is on: the annotation exists and its value is not `false`."""
    return value is not None and value.lower() != "false"


class NodeAnnotations(ApiModel):
    """The annotations of this API group; a missing one is None."""

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
        """Read them from all annotations of a Node.

        Anyone may write any text into an annotation, so an unknown state counts as none.
        """
        given = annotations or {}
        state = given.get(names.STATE)
        return cls(
            current_config=given.get(names.CURRENT_CONFIG),
            desired_config=given.get(names.DESIRED_CONFIG),
            state=NodeState(state) if state in set(NodeState) else None,
            reason=given.get(names.REASON),
            cordon_mark=given.get(names.CORDON_MARK, ""),
            hold=_is_on(given.get(names.HOLD)),
            address=given.get(names.ADDRESS),
            requests=Requests.of(given),
        )
