"""The effects of a config on running units that it masks, disables or removes, for `kubectl mc`."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from controller.api.machine_configuration import Action, ActionType
from controller.rendering.changes import Change

_STAYS: Final = "it keeps running until it is stopped by hand or the node reboots"
_TRIGGERS: Final = (".timer", ".path", ".socket", ".automount")


def effects_on_running_units(
    changes: Iterable[Change], after: Mapping[str, Any], actions: Iterable[Action]
) -> Iterator[str]:
    """Describe each unit that must not start again, and the triggers of removed units.

    `after` is the manifest with the changes, which require these `actions`.
    """
    required = tuple(actions)
    for change in changes:
        if change.item_type == "unit":
            yield from _effect(change, required)
        if _is_removed(change):
            for trigger in _triggers(change.name, after.get("units", ())):
                yield f"{trigger} starts {change.name} and is stopped with it: remove it too"


def _effect(change: Change, actions: tuple[Action, ...]) -> Iterator[str]:
    after = {setting.name: setting.after for setting in change.settings if change.verb != "removed"}
    restarts = any(
        action.restart and action.restart.service_name == change.name for action in actions
    )
    if _is_removed(change):
        what, end = "is removed, unless the node has its own", "it is stopped"
    elif after.get("mask") == "true":
        what, end = "is masked", "it is stopped" if restarts else _STAYS
    elif after.get("enabled") == "false":
        what, end = "is disabled", "it is restarted" if restarts else _STAYS
    else:
        return
    if any(action.type is ActionType.REBOOT for action in actions):
        end = "it ends with the reboot"
    yield f"{change.name} {what}: if it runs, {end}"


def _is_removed(change: Change) -> bool:
    """Whether the unit itself is removed, and not only a drop-in."""
    texts = (content.name for content in change.contents)
    return change.verb == "removed" and any(text.endswith(f"/{change.name}") for text in texts)


def _triggers(name: str, units: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Return the units that start the named one, by `Unit=` or by their own name."""
    for unit in units:
        stem, _, suffix = unit["name"].rpartition(".")
        lines = (unit["contents"] or "").splitlines()
        started = [line.partition("=")[2].strip() for line in lines if line.startswith("Unit=")]
        if f".{suffix}" in _TRIGGERS and name == (started or [f"{stem}.service"])[-1]:
            yield unit["name"]
