"""One update run under way, as the tracker remembers it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from controller.api.drain import DrainSettings
from controller.api.machine_config_node import Phase
from controller.api.machine_configuration import MachineConfigurationSpec
from controller.execution.protocol import Run
from controller.planning.node import Node

# Mostly over within seconds: only one that lasts is worth a write for each node.
_SHORT_PHASES: Final = {Phase.PREFLIGHT, Phase.CORDON, Phase.VERIFY, Phase.UNCORDON}
_LASTING: Final = timedelta(seconds=5)


@dataclass
class UpdateRun:
    """A run, what it was started with, and what was reported about it.

    `node` is the Node as it was at the start. `overdue` is the reason that was written because an
    answer was overdue. `reported` marks a result that is not acknowledged yet, and `stopped` a run
    that the planner has cancelled.
    """

    node: Node
    run: Run
    fence: int
    drain: DrainSettings
    policy: MachineConfigurationSpec | None
    started: datetime
    phase: Phase
    entered: datetime
    overdue: str = ""
    reported: bool = False
    stopped: bool = False

    def current(self, node: Node) -> Node:
        """Return the Node as it is now; without its MachineConfigNode, with the status before."""
        before = self.node.status
        return node if node.status.attempt == before.attempt else replace(node, status=before)

    def shows(self, phase: Phase, now: datetime) -> bool:
        """Note that the run is in a phase, and return whether the node's status is to show it."""
        if phase is not self.phase:
            self.phase, self.entered = phase, now
        lasts = now >= self.entered + _LASTING
        return bool(phase) and (phase not in _SHORT_PHASES or lasts)

    def next_due(self, now: datetime) -> datetime | None:
        """Return when the phase will have lasted long enough to be shown."""
        due = self.entered + _LASTING
        return due if due > now else None
