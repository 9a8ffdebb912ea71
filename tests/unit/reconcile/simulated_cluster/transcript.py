"""The story as text: when, who, what; what several do in the same second is one line."""

import re
from typing import Final

from controller.api import names
from controller.api.event import Event
from controller.api.machine_config_pool import MachineConfigPoolStatus
from controller.api.meta import ConditionStatus
from controller.planning.rollout.decision import Decision, Step
from tests.unit.reconcile.simulated_cluster.clock import Clock, at

_WIDTH: Final = 13
# The digits of a name that carry no meaning.
_PADDING: Final = re.compile(r"(rendered-\w+-\d\.\d)0{13}")
# Reasons whose effect is in the transcript anyway.
_OMITTED: Final = {"the run has started", "update continues", "up to date"}
_EVENTS: Final = {
    "ByHand",
    "Done",
    "Drift",
    "DriftCleared",
    "DrainBlocked",
    "Failed",
    "DrainAbandoned",
    "Interrupted",
    "LockedOut",
    "NotChecked",
    "Reinstalled",
    "Unconfirmed",
}


class Transcript:
    """Lines of a story, in the order in which things happen."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lines: list[tuple[int, str, str]] = []
        self._decided: dict[str, tuple[Step, str]] = {}
        self._conditions: dict[str, str] = {}

    def add(self, who: str, what: str) -> None:
        """Add a line."""
        self._lines.append((self._clock.now, who, what))

    def event(self, event: Event) -> None:
        """Add an Event, if it is of interest."""
        if event.reason == "Rendered":
            self.add(event.name, event.message)
        elif event.reason in _EVENTS:
            self.add(event.name, f"{event.reason}: {event.message}".removesuffix(": "))

    def decided(self, decision: Decision) -> None:
        """Add a decision, if it is new."""
        decided = decision.step, decision.reason
        if self._decided.get(decision.node) == decided:
            return
        self._decided[decision.node] = decided
        if decision.reason in _OMITTED or decision.reason.startswith("in phase"):
            return
        step = "" if decision.step is Step.NONE else f"{decision.step}: "
        self.add(decision.node, f"{step}{decision.reason}")

    def conditions(self, pool: str, status: MachineConfigPoolStatus) -> None:
        """Add which conditions of a pool are True, when that has changed."""
        true = [each.type for each in status.conditions if each.status is ConditionStatus.TRUE]
        line = ", ".join(true) or "neither Updated nor Updating nor Degraded"
        if self._conditions.get(pool) == line:
            return
        self._conditions[pool] = line
        updated = status.condition(names.UPDATED)
        idle = not true and updated is not None and updated.reason == names.WAITING
        self.add(pool, f"is {line}: {updated.message}" if updated and idle else f"is {line}")

    def __str__(self) -> str:
        lines, before = [], None
        for now, who, what in _gathered(self._lines):
            clock = "" if now == before else f"{at(now):%H:%M:%S}"
            lines.append(_PADDING.sub(r"\1", f"{clock:8}  {who:{_WIDTH}}  {what}"))
            before = now
        return "\n".join(lines)


def _gathered(lines: list[tuple[int, str, str]]) -> list[tuple[int, str, str]]:
    """Return the lines, with one for all that do the same at the same time."""
    together: dict[tuple[int, str], list[str]] = {}
    for now, who, what in lines:
        together.setdefault((now, what), []).append(who)
    return [(now, ", ".join(dict.fromkeys(who)), what) for (now, what), who in together.items()]
