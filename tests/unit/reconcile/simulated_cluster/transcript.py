"""The story as text: who, when, what; what many do in the same second is told once."""

import re
from typing import Final

from controller.api.machine_config_pool import MachineConfigPoolStatus
from controller.api.meta import ConditionStatus
from controller.planning.rollout.decision import Decision, Step
from tests.unit.reconcile.simulated_cluster.clock import Clock, at

_WIDTH: Final = 13
# The digits of a name that are nothing but its form.
_PADDING: Final = re.compile(r"(rendered-\w+-\d\.\d)0{13}")
# Told by what becomes of them.
_UNSAID: Final = {"the run has started", "update continues", "up to date"}


class Transcript:
    """Lines of a story, in the order in which things happen."""

    def __init__(self, clock: Clock) -> None:
        """Nothing was told yet."""
        self._clock = clock
        self._lines: list[tuple[int, str, str]] = []
        self._decided: dict[str, tuple[Step, str]] = {}
        self._conditions: dict[str, str] = {}

    def tell(self, who: str, what: str) -> None:
        """Add a line."""
        self._lines.append((self._clock.now, who, what))

    def decided(self, decision: Decision) -> None:
        """Tell a decision that is new."""
        said = decision.step, decision.reason
        if self._decided.get(decision.node) == said:
            return
        self._decided[decision.node] = said
        if decision.reason in _UNSAID or decision.reason.startswith("in phase"):
            return
        step = "" if decision.step is Step.NONE else f"{decision.step}: "
        self.tell(decision.node, f"{step}{decision.reason}")

    def conditions(self, pool: str, status: MachineConfigPoolStatus) -> None:
        """Tell which conditions of a pool hold, when that has changed."""
        true = [each.type for each in status.conditions if each.status is ConditionStatus.TRUE]
        said = ", ".join(true) or "neither Updated nor Updating nor Degraded"
        if self._conditions.get(pool) != said:
            self._conditions[pool] = said
            self.tell(pool, f"is {said}")

    def __str__(self) -> str:
        lines, before = [], None
        for now, who, what in _gathered(self._lines):
            clock = "" if now == before else f"{at(now):%H:%M:%S}"
            lines.append(_PADDING.sub(r"\1", f"{clock:8}  {who:{_WIDTH}}  {what}"))
            before = now
        return "\n".join(lines)


def _gathered(lines: list[tuple[int, str, str]]) -> list[tuple[int, str, str]]:
    """Those that say the same of several at the same time, as one."""
    together: dict[tuple[int, str], list[str]] = {}
    for now, who, what in lines:
        together.setdefault((now, what), []).append(who)
    return [(now, ", ".join(dict.fromkeys(who)), what) for (now, what), who in together.items()]
