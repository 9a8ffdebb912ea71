"""Which replica leads next when this one steps down, so that its own node can be updated."""

from collections.abc import Collection
from typing import Final

import structlog

from controller.reconcile.ports import Leadership

_log: Final = structlog.get_logger(__name__)


class Standbys:
    """Steps down for another replica, and never twice for one that does not acquire the Lease.

    Only a kubelet reports that a replica is ready, and it may be wrong. A replica that was not
    ready in between may be another one by now, and is given another chance.
    """

    def __init__(self, leadership: Leadership, own_node: str) -> None:
        self._leadership = leadership
        self._own_node = own_node
        self._chosen = ""
        self._stepped_down_for = ""
        self._unresponsive: set[str] = set()

    def choose(self, controllers: Collection[str]) -> str:
        """Return the node of a replica that could lead; empty if there is none.

        `controllers` are the nodes on which a replica is ready.
        """
        if self._stepped_down_for and self._leadership.stepped_down_in_vain:
            _log.warning("standby did not become the leader", node=self._stepped_down_for)
            self._unresponsive.add(self._stepped_down_for)
        self._stepped_down_for = ""
        self._unresponsive &= {*controllers}
        others = {*controllers} - {self._own_node} - self._unresponsive
        self._chosen = min(others, default="")
        return self._chosen

    def step_down(self) -> None:
        """Step down for the replica that was chosen last."""
        self._stepped_down_for = self._chosen
        self._leadership.step_down()
