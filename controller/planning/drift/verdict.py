"""What a node said when it was held against its config, and what that makes of it; pure."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from controller.api import names
from controller.api.machine_config_node import Drift, MachineConfigNodeStatus
from controller.planning import node_status
from controller.planning.drift.findings import Findings
from controller.planning.drift.not_restored import summary
from controller.planning.node import Node
from controller.planning.transition import Transition
from controller.rendering.naming import pool_of

_LONGEST_KIND: Final = 63  # characters, as the MachineConfigNode takes them


def verdict(node: Node, found: Findings, known: Collection[str], now: datetime) -> Transition:
    """What the findings make of a node; `known` are the configs that there are."""
    status = node.status
    if found.moved:
        return Transition(status, "", "was being changed while it was looked at")
    for change in _made_new(node, found):
        return change
    seen = replace(node, status=node_status.with_unreturned(status, found.unreturned))
    if found.restored:
        return restored(seen, found.restored, now, found.drift)
    for change in _caught_up(seen, found, known, now):
        return change
    if node.failed:
        return _unchanged(node, seen.status, "is as its update has left it")
    return _checked(node, node_status.on_checked(seen.status, _with_record(seen, found), now))


def _made_new(node: Node, found: Findings) -> Iterator[Transition]:
    """Why nothing that is noted of the node holds for the machine that has answered."""
    status = node.status
    if found.config:
        return
    if status.machine_id and status.machine_id != found.machine_id:
        message = "is another machine than before: it was installed anew, and is treated as new"
        yield Transition(node_status.on_reinstalled(status), "Reinstalled", message, warning=True)
    elif node.unconfirmed and not found.restored:
        message = "has no record of a config, whatever its annotations say: it is treated as new"
        yield Transition(node_status.on_reinstalled(status), "New", message)


def restored(node: Node, why: str, now: datetime, drift: Collection[Drift] = ()) -> Transition:
    """What it makes of a node that a person has given all its originals back."""
    status = node_status.on_restored(node.status, why, now, tuple(drift))
    return Transition(status, "" if node.restored else "Restored", status.reason, warning=True)


def _caught_up(
    node: Node, found: Findings, known: Collection[str], now: datetime
) -> Iterator[Transition]:
    """A verified config that is not noted of the node yet; its record says who has applied it."""
    config, status = found.config, node.status
    is_news = _is_put_right(node, found) if node.failed else not found.is_on(status.current_config)
    # Another pool's config would be sent to it for the next check, so that is not believed.
    is_its_own = config in known and pool_of(config) == status.pool
    if not is_its_own or not found.settled or not is_news:
        return
    after = node_status.on_config_found(status, config, now)
    if found.by_hand:
        yield Transition(after, "ByHand", f"was brought to {config} by hand")
    elif found.is_on(status.desired_config):
        yield Transition(
            after, "Done", f"is on {config}: what had failed was put right on the node"
        )
    else:
        noted = f"{status.current_config} was noted" if status.current_config else "none was noted"
        message = f"is on {config}, by an update that is not noted here; {noted}"
        yield Transition(after, "FoundElsewhere", message, warning=True)


def _is_put_right(node: Node, found: Findings) -> bool:
    """Whether a person has brought a node to a config after its update had failed.

    One that was put back is on its current config, which is no news.
    """
    if found.is_on(node.status.desired_config):
        return not found.drift
    return found.by_hand and not found.is_on(node.status.current_config)


def _with_record(node: Node, found: Findings) -> tuple[Drift, ...]:
    """What differs, with the record where that holds another config than we know."""
    # A record that is not there is among what differs.
    if found.is_on(node.expected_config) or names.RECORD in {each.path for each in found.drift}:
        return found.drift
    on = found.config or "no config"
    kind = f"on {on}" if found.settled else f"on {on}, not verified"
    return (Drift(path=names.RECORD, kind=kind[:_LONGEST_KIND]), *found.drift)


def matches(node: Node, findings: Findings) -> bool:
    """Whether a node that was compared with another config than its own is in sync with that."""
    return (
        not findings.drift
        and not findings.moved
        and not findings.restored
        and findings.is_on(node.status.current_config)
    )


def not_checked(node: Node, cause: str, since: datetime | None, now: datetime) -> Transition:
    """Return the transition of a node whose check failed; it was last in sync at `since`."""
    if node.not_checked or node.failed:
        return Transition(node.status, "", "still not checked")
    status = node_status.on_not_checked(node.status, cause, since, now)
    return Transition(status, "NotChecked", node_status.drift_message(status), warning=True)


def _checked(before: Node, after: MachineConfigNodeStatus) -> Transition:
    if after.drift and after.drift != before.status.drift:
        return Transition(after, "Drift", after.reason, warning=True)
    if before.status.drift and not after.drift:
        return Transition(after, "DriftCleared", "is again what its config says")
    return _unchanged(before, after, "is as it was")


def _unchanged(before: Node, after: MachineConfigNodeStatus, message: str) -> Transition:
    """Its drift is no news; originals that were not given back may be, or that it is seen again."""
    kept = [each for each in after.unreturned if each not in before.status.unreturned]
    if kept:
        return Transition(after, "NotGivenBack", summary(kept), warning=True)
    if before.not_checked and not before.failed:
        return Transition(after, "CheckedAgain", "could be looked at again")
    return Transition(after, "", message)
