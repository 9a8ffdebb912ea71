"""What a node said when it was held against its config, and what that makes of it; pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from pydantic import ValidationError

from controller.api import names
from controller.api.machine_config_node import Drift, MachineConfigNodeStatus
from controller.planning import progress
from controller.planning.change import Change
from controller.planning.snapshot import Node

_LONGEST_KIND: Final = 63  # characters, as the MachineConfigNode takes them


@dataclass(frozen=True)
class Findings:
    """What a node says of itself.

    `config` is the one that its record holds, empty without; `moved` says that it was being changed
    meanwhile, which makes the rest worthless.
    """

    config: str
    machine_id: str
    drift: tuple[Drift, ...]
    moved: bool = False

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self | None:
        """The findings in the answer of a node; None where it makes no sense."""
        try:
            return cls(
                config=str(answer["config"]),
                machine_id=str(answer.get("machine_id", "")),
                drift=tuple(_drift(answer)),
                moved=bool(answer.get("moved")),
            )
        except (KeyError, TypeError, ValidationError):
            return None


def verdict(node: Node, found: Findings, known: Collection[str], now: datetime) -> Change:
    """What the findings make of a settled node; `known` are the configs that there are."""
    status = node.status
    if found.moved:
        return Change(status, "", "was being changed while it was looked at")
    if not found.config and status.machine_id and status.machine_id != found.machine_id:
        message = "is another machine than before: it was installed anew, and is treated as new"
        return Change(progress.reinstalled(status), "Reinstalled", message, warning=True)
    if found.config != status.current_config and found.config in known:
        message = f"was brought to {found.config} by hand"
        return Change(progress.by_hand(status, found.config, now), "ByHand", message)
    drift = found.drift
    # A record that is not there is among what differs.
    if found.config != status.current_config and names.RECORD not in {each.path for each in drift}:
        kind = f"on {found.config or 'no config'}"[:_LONGEST_KIND]
        drift = (Drift(path=names.RECORD, kind=kind),)
    return _checked(status, progress.checked(status, drift, now), unseen=node.unseen)


def is_adopted(node: Node, found: Findings | None) -> bool:
    """Whether a node that was held against another config than its own is what that one says."""
    own = node.status.current_config
    return found is not None and not found.drift and not found.moved and found.config == own


def unseen(node: Node, cause: str, right: datetime | None, now: datetime) -> Change:
    """What it makes of a node that it could not be looked at; `right` is when it was last right."""
    if node.unseen:
        return Change(node.status, "", "still not checked")
    status = progress.unseen(node.status, cause, right, now)
    return Change(status, "NotChecked", progress.condition(status), warning=True)


def _checked(
    before: MachineConfigNodeStatus, after: MachineConfigNodeStatus, *, unseen: bool
) -> Change:
    if after.drift and after.drift != before.drift:
        return Change(after, "Drift", after.reason, warning=True)
    if before.drift and not after.drift:
        return Change(after, "DriftCleared", "is again what its config says")
    if unseen:
        return Change(after, "CheckedAgain", "could be looked at again")
    return Change(after, "", "is as it was")


def _drift(answer: Mapping[str, Any]) -> Iterator[Drift]:
    if answer.get("forced"):
        yield Drift(path=names.FORCE_FILE, kind="force file")
    for each in answer["differences"]:
        yield Drift(path=each["path"] or each["name"], kind=each["what"][:_LONGEST_KIND])
