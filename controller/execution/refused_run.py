"""A run that is never started, since something about its nodes is invalid."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from controller.api.machine_config_node import Blocker, Phase
from controller.execution.protocol import Result


@dataclass(frozen=True)
class RefusedRun:
    """It has failed in preflight, before anything was sent."""

    results: Mapping[str, Result]
    command: str = ""
    phase: Phase = Phase.PREFLIGHT
    waiting_for: str = ""
    reported: Mapping[str, Result] = field(default_factory=dict)
    blockers: tuple[Blocker, ...] = ()

    @classmethod
    def of(cls, nodes: Iterable[str], cause: str, remedy: str) -> Self:
        """Return the run that has failed on all of these nodes."""
        failed = Result(succeeded=False, phase=Phase.PREFLIGHT, cause=cause, remedy=remedy)
        return cls(dict.fromkeys(nodes, failed))

    def cancel(self) -> None:
        """Do nothing: it has ended."""

    def wait(self) -> None:
        """Return at once: it has ended."""
