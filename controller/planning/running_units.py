"""What becomes of units that run on a node when a config masks, disables or takes them away."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from controller.api.machine_configuration import Action, ActionType
from controller.rendering.changes import Change

_STAYS: Final = "it runs on until it is stopped by hand or the node reboots"
_TRIGGERS: Final = (".timer", ".path", ".socket", ".automount")


def running(
    changes: Iterable[Change], after: Mapping[str, Any], actions: Iterable[Action]
) -> Iterator[str]:
    """A sentence for each unit that is not to start again, and for what still starts one that goes.

    `after` is the manifest with the changes, and `actions` are what they ask for.
    """
    asked = tuple(actions)
    for change in changes:
        if change.item_type == "unit":
            yield from _end(change, asked)
        if _is_taken_away(change):
            for trigger in _triggers(change.name, after.get("units", ())):
                yield f"{trigger} starts {change.name} and is stopped with it: take it away too"


def _end(change: Change, actions: tuple[Action, ...]) -> Iterator[str]:
    after = {each.name: each.after for each in change.settings if change.verb != "removed"}
    restarts = any(each.restart and each.restart.service_name == change.name for each in actions)
    if _is_taken_away(change):
        what, end = "goes, unless the node has one of its own", "it is stopped"
    elif after.get("mask") == "true":
        what, end = "is masked", "it is stopped" if restarts else _STAYS
    elif after.get("enabled") == "false":
        what, end = "is disabled", "it is restarted" if restarts else _STAYS
    else:
        return
    if any(each.type is ActionType.REBOOT for each in actions):
        end = "it ends with the reboot"
    yield f"{change.name} {what}: if it runs, {end}"


def _is_taken_away(change: Change) -> bool:
    """Whether a unit goes with its own text, and not only a drop-in of it."""
    texts = (each.name for each in change.contents)
    return change.verb == "removed" and any(each.endswith(f"/{change.name}") for each in texts)


def _triggers(name: str, units: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The units that start the one of this name, by `Unit=` or for want of that by their own."""
    for unit in units:
        stem, _, kind = unit["name"].rpartition(".")
        lines = (unit["contents"] or "").splitlines()
        started = [line.partition("=")[2].strip() for line in lines if line.startswith("Unit=")]
        if f".{kind}" in _TRIGGERS and name == (started or [f"{stem}.service"])[-1]:
            yield unit["name"]
