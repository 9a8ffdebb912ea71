"""How the progress and the result of an update run change the status of its node; pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from controller.api.machine_config_node import Blocker, MachineConfigNodeStatus, NodeState, Phase
from controller.execution.protocol import Result
from controller.planning import node_status
from controller.planning.drain import blockers
from controller.planning.drift import not_restored
from controller.planning.node import Node
from controller.planning.texts import summarize_names
from controller.planning.transition import Transition

# The phases that have an Event.
_EVENTS: Final = {Phase.DRAIN, Phase.REBOOT}


def on_phase(node: Node, phase: Phase, now: datetime) -> Transition:
    """Return the transition to a phase; a retry after a failure has no Event again."""
    event = phase.value if phase in _EVENTS and not node.status.reason else ""
    status = node_status.on_phase_entered(node.status, phase, now)
    return Transition(status, event, f"in phase {phase}")


def on_answer_overdue(node: Node, phase: Phase, cause: str, now: datetime) -> Transition:
    """Return the transition of a node that keeps its run waiting."""
    status = node_status.on_unreachable(node.status, phase, cause, now)
    return warning(node, status, "AwaitsAnswer")


def on_answered(node: Node, phase: Phase, now: datetime) -> Transition:
    """Return the transition of a node that answers again."""
    status = node_status.on_phase_entered(node.status, phase, now)
    return Transition(status.model_copy(update={"reason": ""}), "", "answers again")


def on_drain_waits(node: Node, found: Sequence[Blocker], now: datetime) -> Transition | None:
    """Return the transition of a node whose drain goes on and waits; None if it is recorded."""
    status = node_status.on_drain_blocked(node.status, found, "", now)
    if status == node.status:
        return None
    event = "DrainWaits" if status.reason != node.status.reason else ""
    return Transition(status, event, status.reason, warning=blockers.need_user(found))


def on_success(node: Node, result: Result, now: datetime) -> Transition:
    """Return the transition to Done, which answers a request that has come meanwhile."""
    before, verified = node.status, result.verified
    done = node_status.on_done(
        before, verified.boot_id, now, verified.machine_id, rebooted=verified.rebooted
    )
    done = node_status.with_unreturned(node_status.on_uncordoned(done), verified.unreturned)
    requests = node.requests
    done = node_status.with_handled(
        done, recover=requests.recover, without_quorum=requests.without_quorum
    )
    kept = [each for each in done.unreturned if each not in before.unreturned]
    message = f"runs {before.desired_config}"
    if kept:
        message = f"{message}; {not_restored.summary(kept)}"
    if result.left:
        # The kubelet was silent: what became of them was not known when the node was changed.
        message = f"{message}; the drain did not wait for {summarize_names(result.left)}"
    return Transition(done, "Done", message, warning=bool(kept or result.left))


def on_failure(node: Node, result: Result, now: datetime) -> Transition:
    """Return the transition to Degraded."""
    phase, cause, remedy = result.phase, result.cause, result.remedy
    rolled_back = result.rolled_back
    status = node_status.on_failed(node.status, phase, cause, remedy, now, rolled_back=rolled_back)
    return warning(node, status, "Failed")


def on_unconfirmed(node: Node, result: Result, lock_out: str, now: datetime) -> Transition:
    """Return the transition of a node that has rolled back; a `lock_out` has a cause."""
    known = node.status.unconfirmed
    if known and node_status.is_locked_out(node.status):
        cause = f"{known.locked_out}; {result.cause}"
        return on_failure(node, replace(result, cause=cause), now)
    if lock_out and not node.status.applied:
        # It was recorded before, and an API server with the kinds of an earlier version dropped it.
        return on_failure(node, replace(result, cause=f"{lock_out}; {result.cause}"), now)
    status = node_status.on_rolled_back(node.status, result.cause, lock_out, now)
    return warning(node, status, "LockedOut" if lock_out else "Unconfirmed")


def on_interruption(node: Node, result: Result, now: datetime) -> Transition:
    """Return the transition after a transient failure."""
    # Where a run that resumes is told to wait, it has got no further than the one before.
    waits = result.transient and not result.unreachable and result.phase is Phase.PREFLIGHT
    phase = node.status.phase if waits and node.status.applied else result.phase
    status = node_status.on_interrupted(node.status, phase, result.message, now)
    return warning(node, status, "Interrupted")


def on_refused_fence(node: Node, result: Result, used: int, now: datetime) -> Transition:
    """Return the transition of a node whose record has refused the fencing number `used`."""
    status = node_status.on_fence_refused(node.status, result.refused_by_fence, used, now)
    failed = status.state is NodeState.DEGRADED
    return warning(node, status, "Failed" if failed else "Interrupted")


def on_drain_blocked(node: Node, result: Result, now: datetime) -> Transition:
    """Return the transition of a node whose drain is tried again, or was abandoned."""
    found = node.status, result.blockers, result.cause
    if result.drain_abandoned:
        abandoned = node_status.on_drain_abandoned(*found, result.remedy, now)
        return warning(node, abandoned, "DrainAbandoned")
    return warning(node, node_status.on_drain_blocked(*found, now), "DrainBlocked")


def on_shortage(node: Node, result: Result, now: datetime) -> Transition:
    """Return the transition after a run that ended for a shortage of the controller."""
    status = node_status.on_stopped(node.status, result.phase, now)
    message = f"its run has ended for a shortage of the controller: {result.shortage}"
    return Transition(status, "", message)


def warning(node: Node, status: MachineConfigNodeStatus, event: str) -> Transition:
    """Return a transition with a warning Event, unless its reason is the same as before."""
    same = status.reason == node.status.reason and status.state is node.status.state
    return Transition(status, "" if same else event, status.reason, warning=True)
