"""What the parts of one pass share."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import structlog

from controller.cluster.errors import ClusterError
from controller.execution.shortage import ShortageError
from controller.planning.node import Node
from controller.planning.snapshot import Snapshot
from controller.reconcile.shortages import Shortages

_log = structlog.get_logger(__name__)


@dataclass
class PassState:
    """The cluster during one pass; `nodes` follow what the pass itself writes."""

    now: datetime
    snapshot: Snapshot
    nodes: dict[str, Node]
    shortages: Shortages
    complete: bool

    @classmethod
    def of(cls, snapshot: Snapshot, now: datetime, shortages: Shortages) -> Self:
        """Return the state at the beginning of a pass."""
        nodes = {node.name: node for node in snapshot.nodes}
        return cls(now, snapshot, nodes, shortages, complete=not snapshot.unavailable)

    def plan_from_nodes(self) -> None:
        """Base the plan on the nodes as they are now, after the results of runs."""
        self.snapshot = dataclasses.replace(self.snapshot, nodes=tuple(self.nodes.values()))

    @contextmanager
    def isolated(self, **about: str) -> Iterator[None]:
        """Let a failure stop nothing else: log it, and make the pass again soon."""
        try:
            yield
        except ClusterError as error:
            _log.warning("write failed", **about, reason=str(error))
            self.complete = False
        except ShortageError as error:
            self.shortages.found(str(error), self.now)
            self.complete = False
