"""The controller process at one moment: its runs, where it runs, and its limits."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self


@dataclass(frozen=True)
class Runs:
    """The update runs of this process, by the names of their nodes.

    `outdated` are the runs under way that started with another MachineConfiguration than the
    current one; `not_before` holds the nodes whose next run has to wait, and until when.
    """

    under_way: frozenset[str] = frozenset()
    outdated: frozenset[str] = frozenset()
    not_before: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Identity:
    """The node of this process, and a node with a standby replica; empty where there is none."""

    node: str = ""
    standby_node: str = ""


@dataclass(frozen=True)
class Limits:
    """The number of runs at once, and the back-off after the first failure of a node."""

    parallel_runs: int = sys.maxsize
    failure_backoff: timedelta = timedelta(0)


@dataclass(frozen=True)
class ControllerState:
    """The facts about the controller itself on which decisions depend.

    `matches` names the config that the disk of a drifted node matches, by the uid of the Node.
    """

    runs: Runs = Runs()
    identity: Identity = Identity()
    limits: Limits = Limits()
    matches: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def unknown(cls) -> Self:
        """Return the state of a controller of which nothing is known, as in a plan without one."""
        return cls()
