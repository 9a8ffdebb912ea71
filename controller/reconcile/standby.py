"""Which replica leads after this one, where its own node is to be updated."""

from collections.abc import Collection
from typing import Final

import structlog

from controller.cluster.lease import Lease

_log: Final = structlog.get_logger(__name__)


class Standbys:
    """Hands the Lease over, and to no replica twice that does not take it.

    That a replica is ready is said by its kubelet alone. One that was not ready in between may be
    another one by now, and is asked again.
    """

    def __init__(self, lease: Lease, own_node: str) -> None:
        """Nothing was handed over yet; this process runs on `own_node`."""
        self._lease = lease
        self._own_node = own_node
        self._heir = ""
        self._handed_to = ""
        self._absent: set[str] = set()

    def stand_in(self, controllers: Collection[str]) -> str:
        """The node where a replica could lead, of those that have one; empty without any."""
        if self._handed_to and self._lease.stepped_down_in_vain:
            _log.warning("replica did not lead", node=self._handed_to)
            self._absent.add(self._handed_to)
        self._handed_to = ""
        self._absent &= {*controllers}
        self._heir = min({*controllers} - {self._own_node} - self._absent, default="")
        return self._heir

    def hand_over(self) -> None:
        """Let the replica lead that was named last."""
        self._handed_to = self._heir
        self._lease.step_down()
