"""How the findings of a drift check change the status of a node; pure."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from controller.api import names
from controller.api.machine_config_node import Drift, MachineConfigNodeStatus
from controller.planning import node_status
from controller.planning.drift.findings import LONGEST_KIND, Findings
from controller.planning.drift.not_restored import summary
from controller.planning.node import Node
from controller.planning.transition import Transition
from controller.rendering.naming import pool_of


def verdict(node: Node, findings: Findings, configs: Collection[str], now: datetime) -> Transition:
    """Return the transition of a node with these findings; `configs` are those that there are."""
    status = node.status
    if findings.moved:
        return Transition(status, "", "was being changed during the check")
    if transition := _as_new(node, findings):
        return transition
    seen = replace(node, status=node_status.with_unreturned(status, findings.unreturned))
    if findings.restored:
        return restored(seen, findings.restored, now, findings.drift)
    if transition := _with_config(seen, findings, configs, now):
        return transition
    if node.failed:
        return _unchanged(node, seen.status, "is as its failed update has left it")
    return _checked(node, node_status.on_checked(seen.status, _all_drift(seen, findings), now))


def restored(node: Node, cause: str, now: datetime, drift: Collection[Drift] = ()) -> Transition:
    """Return the transition of a node whose originals were all restored by hand."""
    status = node_status.on_restored(node.status, cause, now, tuple(drift))
    return Transition(status, "" if node.restored else "Restored", status.reason, warning=True)


def matches(node: Node, findings: Findings) -> bool:
    """Whether a drifted node that was compared with its pool's target is in sync with that."""
    return (
        not findings.drift
        and not findings.moved
        and not findings.restored
        and findings.runs(node.status.current_config)
    )


def not_checked(node: Node, cause: str, since: datetime | None, now: datetime) -> Transition:
    """Return the transition of a node whose check failed; it was last in sync at `since`."""
    if node.not_checked or node.failed:
        return Transition(node.status, "", "is still not checked")
    status = node_status.on_not_checked(node.status, cause, since, now)
    return Transition(status, "NotChecked", node_status.drift_message(status), warning=True)


def _as_new(node: Node, findings: Findings) -> Transition | None:
    """Return the transition of a node that is new, though it has a status; None for others."""
    status = node.status
    if findings.config:
        return None
    if status.machine_id and status.machine_id != findings.machine_id:
        message = "machine ID changed: the node was reinstalled and is treated as new"
        return Transition(node_status.on_reinstalled(status), "Reinstalled", message, warning=True)
    if node.rebuilt and not findings.restored:
        message = "has no record of a config, despite its annotations, and is treated as new"
        return Transition(node_status.on_reinstalled(status), "New", message)
    return None


def _with_config(
    node: Node, findings: Findings, configs: Collection[str], now: datetime
) -> Transition | None:
    """Return the transition to a verified config that the status does not contain; None without."""
    config, status = findings.config, node.status
    is_new = _is_fixed(node, findings) if node.failed else not findings.runs(status.current_config)
    # Another pool's config would be sent to it for the next check, so that is not believed.
    is_its_own = config in configs and pool_of(config) == status.pool
    if not is_its_own or not findings.settled or not is_new:
        return None
    after = node_status.on_config_found(status, config, now)
    if findings.by_hand:
        return Transition(after, "ByHand", f"runs {config}, which was applied by hand")
    if findings.runs(status.desired_config):
        return Transition(after, "Done", f"runs {config}: the failure was fixed on the node")
    known = status.current_config or "no config"
    message = f"runs {config}, by an unrecorded update; the last recorded one was to {known}"
    return Transition(after, "UnrecordedUpdate", message, warning=True)


def _is_fixed(node: Node, findings: Findings) -> bool:
    """Whether an administrator has brought a node to a config after its update had failed.

    One with another config stays as it is: it would get the same target again, which has failed.
    """
    return findings.runs(node.status.desired_config) and not findings.drift


def _all_drift(node: Node, findings: Findings) -> tuple[Drift, ...]:
    """Return the drift found, and the record where it has another config than expected."""
    # A record that is missing is among the findings.
    is_missing = names.RECORD in {each.path for each in findings.drift}
    if is_missing or findings.runs(node.expected_config):
        return findings.drift
    config = findings.config or "no config"
    kind = f"on {config}" if findings.settled else f"on {config}, not verified"
    return (Drift(path=names.RECORD, kind=kind[:LONGEST_KIND]), *findings.drift)


def _checked(before: Node, after: MachineConfigNodeStatus) -> Transition:
    if after.drift and after.drift != before.status.drift:
        return Transition(after, "Drift", after.reason, warning=True)
    if before.status.drift and not after.drift:
        return Transition(after, "DriftCleared", "is in sync with its config again")
    return _unchanged(before, after, "is unchanged")


def _unchanged(before: Node, after: MachineConfigNodeStatus, message: str) -> Transition:
    """Return the transition of a node with the drift it had; other findings may be new."""
    kept = [each for each in after.unreturned if each not in before.status.unreturned]
    if kept:
        return Transition(after, "NotRestored", summary(kept), warning=True)
    if before.not_checked and not before.failed:
        return Transition(after, "CheckedAgain", "was checked again")
    return Transition(after, "", message)
