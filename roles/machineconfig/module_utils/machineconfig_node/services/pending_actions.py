"""Performs the pending service actions of the record, each once and in order."""

from __future__ import annotations

from typing import Iterable

from ..base.errors import NodeError
from ..record.node_record import Action, PendingActions, Record
from ..systemd import systemctl

# An action that no policy can contain.
_STOP = "Stop"
_DAEMON_RELOAD: Action = {"type": "DaemonReload"}


def pending(record: Record, boot_id: str) -> list[Action]:
    """Return the pending service actions; a pending reboot completes all of them."""
    return [] if record.needs_reboot(boot_id) else list(record.pending(boot_id))


def perform(folder: str, record: Record, boot_id: str) -> list[Action]:
    """Perform the pending actions and remove each from the record; a failure keeps the rest."""
    todo, outstanding = pending(record, boot_id), record.debts
    if not todo or outstanding is None:
        return []
    stop_removed(folder, record)
    rest = list(outstanding.actions)
    # Saved first: a rollback must cover whatever was started here.
    if rest and outstanding.daemon_reload:
        _remember_state(outstanding, _DAEMON_RELOAD)
        record.save(folder)
        systemctl.daemon_reload()
        outstanding.daemon_reload = False
        record.save(folder)
    for action in rest:
        _remember_state(outstanding, action)
        record.save(folder)
        _perform(folder, record, action)
        outstanding.actions.remove(action)
        record.save(folder)
    return todo


def perform_after_rollback(folder: str, record: Record, boot_id: str) -> list[str]:
    """Perform the actions of a rollback; return the failures, which do not stop the rest."""
    todo, outstanding = pending(record, boot_id), record.debts
    if not todo or outstanding is None:
        return []
    failed: list[str] = []
    if outstanding.daemon_reload:
        systemctl.daemon_reload()
        outstanding.daemon_reload = False
    for action in todo:
        # systemd refuses to start a unit that has failed too often.
        if unit := _unit(action):
            systemctl.reset_failed(unit)
        try:
            _perform(folder, record, action)
        except NodeError as error:
            failed.append(error.cause)
        else:
            outstanding.actions.remove(action)
        record.save(folder)
    return failed


def without(actions: list[Action], units: set[str]) -> list[Action]:
    """Return the actions without those on `units`."""
    return [each for each in actions if _unit(each) not in units]


def stopping(units: Iterable[str]) -> list[Action]:
    """Return the actions that stop removed units."""
    return [{"type": _STOP, "stop": {"serviceName": unit}} for unit in sorted(units)]


def units_of(actions: list[Action]) -> set[str]:
    """Return the units that the actions reload, restart or stop."""
    return {_unit(each) for each in actions} - {""}


def stop_removed(folder: str, record: Record) -> None:
    """Stop the units that a config removed; a rollback restarts them."""
    outstanding = record.debts
    if outstanding is None:
        return
    for action in [each for each in outstanding.actions if each["type"] == _STOP]:
        unit = _unit(action)
        # Another config may have added it again.
        if systemctl.enablement_state(unit) == "not-found":
            _remember_state(outstanding, _restart_of(unit))
            record.save(folder)
            _stop_with_triggers(folder, record, unit)
        outstanding.actions.remove(action)
        record.save(folder)


def _remember_state(outstanding: PendingActions, action: Action) -> None:
    """Remember the action, and whether the service was running before its first action."""
    unit = _unit(action)
    earlier = [each["active"] for each in outstanding.done if unit and _unit(each) == unit]
    active = earlier[0] if earlier else systemctl.has_run(unit) if unit else True
    remembered = {**action, "active": active}
    if remembered not in outstanding.done:
        outstanding.done.append(remembered)


def _perform(folder: str, record: Record, action: Action) -> None:
    action_type, unit = action["type"], _unit(action)
    if action_type == "DaemonReload":
        systemctl.daemon_reload()
    elif action_type == _STOP or not action.get("active", True):
        # A service that was not running before the rolled-back config is stopped.
        _stop(unit)
    elif systemctl.is_masked(unit):
        # systemd refuses both; a restart stops the service, and a reload keeps it.
        if action_type == "Restart":
            _stop_with_triggers(folder, record, unit)
    elif _is_disabled(unit, record) and not systemctl.is_running(unit):
        return
    elif action_type == "Reload":
        systemctl.reload(unit)
    elif action_type == "Restart":
        systemctl.restart(unit)


def _stop_with_triggers(folder: str, record: Record, unit: str) -> None:
    """Stop a unit that cannot start again, after the units that would try to start it."""
    for trigger in systemctl.triggered_by(unit):
        if record.debts and systemctl.is_running(trigger):
            _remember_state(record.debts, _restart_of(trigger))
            record.save(folder)
        _stop(trigger)
    _stop(unit)


def _stop(unit: str) -> None:
    """Stop the unit and reset its failed state, which would remain otherwise."""
    systemctl.stop(unit)
    systemctl.reset_failed(unit)


def _is_disabled(unit: str, record: Record) -> bool:
    """Whether the config disables the unit."""
    return record.units.get(unit, {}).get("enabled") is False


def _restart_of(unit: str) -> Action:
    return {"type": "Restart", "restart": {"serviceName": unit}}


def _unit(action: Action) -> str:
    service = action.get("reload") or action.get("restart") or action.get("stop") or {}
    return str(service.get("serviceName", ""))
