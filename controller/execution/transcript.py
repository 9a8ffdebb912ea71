"""What the messages of a run amount to: how far it is, and how it ended for each node; pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final

from controller.api.json_object import Json
from controller.api.machine_config_node import Blocker, Phase
from controller.execution.messages import (
    Answered,
    AnswerOverdue,
    DrainWaits,
    Failed,
    Message,
    PlaybookEnded,
    PodsLeft,
    role_of,
)
from controller.execution.protocol import Result, Verified
from controller.planning.drift import not_restored
from controller.planning.drift.findings import Findings

_CHECK: Final = "check"
_VERIFY: Final = "verify"
_ROLLBACK: Final = "rollback"
_PHASES: Final = {phase.value.lower(): phase for phase in Phase if phase}
_KILLED: Final = "the run ended before its time"


class Transcript:
    """The messages of one run so far."""

    def __init__(self) -> None:
        # The login, before the first phase, belongs to it.
        self.phase = Phase.PREFLIGHT
        self.waiting_for = ""
        self.blockers: tuple[Blocker, ...] = ()
        self.reported: dict[str, Result] = {}
        self._answers: dict[str, dict[str, Json]] = {}
        self._failures: dict[str, Failed] = {}
        self._left: dict[str, tuple[str, ...]] = {}
        self._ended: PlaybookEnded | None = None

    def add(self, message: Message) -> bool:
        """Take in the next message, and return whether it shows before the run has ended."""
        before = self.phase, self.waiting_for
        self.phase = _PHASES.get(role_of(message), self.phase)
        self.waiting_for = message.cause if isinstance(message, AnswerOverdue) else ""
        match message:
            case Answered(node, role, answer):
                self._answers.setdefault(node, {})[role] = answer
                if role == _CHECK:
                    findings = Findings.of(answer)
                    self.reported[node] = Result(succeeded=True, findings=findings)
                    return True
            case DrainWaits(blockers=blockers):
                self.blockers = _blockers(blockers)
                return True
            case PodsLeft(node=node, pods=pods):
                self._left[node] = tuple(pods)
            case Failed(node=node):
                # Those that follow come from the rollback.
                self._failures.setdefault(node, message)
            case PlaybookEnded():
                self._ended = message
        return (self.phase, self.waiting_for) != before

    def answer(self, node: str, role: str) -> Json:
        """Return what the last module of a role returned on a node; empty where none did."""
        return self._answers.get(node, {}).get(role, {})

    def results(self, nodes: Collection[str]) -> Mapping[str, Result]:
        """Return how the run ended for each node, once there are no more messages."""
        return {node: replace(self._result(node), left=self._left.get(node, ())) for node in nodes}

    def _result(self, node: str) -> Result:
        # The statistics alone prove success: a run that was killed has none.
        if self._ended and self._ended.succeeded(node):
            return Result(
                succeeded=True,
                phase=self.phase,
                verified=_verified(self.answer(node, _VERIFY)),
                findings=Findings.of(self.answer(node, _CHECK)),
            )
        failure = self._failures.get(node) or self._failures.get("")
        rollback = self.answer(node, _ROLLBACK)
        rolled_back = bool(rollback.get("settled"))
        if failure is None:
            lost = self._has_lost(node)
            return Result(
                succeeded=False,
                phase=self.phase,
                unreachable=lost,
                transient=lost,
                cause=_KILLED,
                rolled_back=rolled_back,
            )
        unreachable = self._has_lost(node) and (not self._ended or failure.unreachable)
        cause = failure.cause
        return Result(
            succeeded=False,
            phase=_PHASES.get(failure.role, self.phase),
            unreachable=unreachable,
            transient=unreachable or _is_transient(failure),
            cause=f"{cause}; the apply was rolled back" if rollback.get("changed") else cause,
            remedy=failure.remedy,
            refused_by_fence=failure.refused_by_fence,
            restored=failure.restored,
            rolled_back=rolled_back,
            blockers=_blockers(failure.blockers),
            drain_abandoned=failure.drain_abandoned,
            unconfirmed=failure.unconfirmed,
            login_failed=failure.login_failed or (failure.unreachable and not failure.over_limit),
            shortage=failure.shortage,
        )

    def _has_lost(self, node: str) -> bool:
        """Whether the run was killed, or ended with the node unreachable."""
        return self._ended is None or node in self._ended.unreachable


def _is_transient(failure: Failed) -> bool:
    # The API server has refused kubectl; a fence, a limit or a shortage is the controller's.
    ours = failure.refused_by_fence or failure.over_limit or failure.shortage
    return failure.transient or bool(ours) or failure.action == "kubectl"


def _blockers(found: Iterable[Json]) -> tuple[Blocker, ...]:
    return tuple(map(Blocker.model_validate, found))


def _verified(answer: Json) -> Verified:
    boot_id, machine_id = (str(answer.get(key, "")) for key in ("boot_id", "machine_id"))
    rebooted = answer.get("rebooted") is True
    return Verified(boot_id, machine_id, rebooted, not_restored.reported(answer))
