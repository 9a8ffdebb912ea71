"""The service actions that the record owes, carried out once each and in order."""

from __future__ import annotations

from typing import Iterable

from ..base.errors import NodeError
from ..record.node_record import Action, PendingActions, Record
from ..systemd import systemctl

# Not one that a policy can ask for.
_STOP = "Stop"
_DAEMON_RELOAD: Action = {"type": "DaemonReload"}


def pending(record: Record, boot_id: str) -> list[Action]:
    """The service actions still owed in this boot; a reboot that is owed does all of them."""
    return [] if record.needs_reboot(boot_id) else list(record.pending(boot_id))


def perform(folder: str, record: Record, boot_id: str) -> list[Action]:
    """Do what is owed, and strike each off as it is done; a failure leaves the rest owed."""
    todo, debts = pending(record, boot_id), record.debts
    if not todo or debts is None:
        return []
    stop_removed(folder, record)
    rest = list(debts.actions)
    # On the disk first: what is begun here has to be undone too, however it ends.
    if rest and debts.daemon_reload:
        _remember_state(debts, _DAEMON_RELOAD)
        record.save(folder)
        systemctl.daemon_reload()
        debts.daemon_reload = False
        record.save(folder)
    for action in rest:
        _remember_state(debts, action)
        record.save(folder)
        _perform(folder, record, action)
        debts.actions.remove(action)
        record.save(folder)
    return todo


def perform_after_rollback(folder: str, record: Record, boot_id: str) -> list[str]:
    """Do what going back asks for, and return what has failed: one service stops no other."""
    todo, debts = pending(record, boot_id), record.debts
    if not todo or debts is None:
        return []
    failed: list[str] = []
    if debts.daemon_reload:
        systemctl.daemon_reload()
        debts.daemon_reload = False
    for action in todo:
        # One that has failed too often would be refused another start.
        if unit := _unit(action):
            systemctl.reset_failed(unit)
        try:
            _perform(folder, record, action)
        except NodeError as error:
            failed.append(error.cause)
        else:
            debts.actions.remove(action)
        record.save(folder)
    return failed


def without(actions: list[Action], units: set[str]) -> list[Action]:
    """The actions but for those on `units`, which are no more."""
    return [each for each in actions if _unit(each) not in units]


def stopping(units: Iterable[str]) -> list[Action]:
    """The debts of units that a config has taken away."""
    return [{"type": _STOP, "stop": {"serviceName": unit}} for unit in sorted(units)]


def units_of(actions: list[Action]) -> set[str]:
    """The units that the actions reload, restart or stop."""
    return {_unit(each) for each in actions} - {""}


def stop_removed(folder: str, record: Record) -> None:
    """Stop the units that a config has taken away; whoever goes back from it owes them a start."""
    debts = record.debts
    if debts is None:
        return
    for action in [each for each in debts.actions if each["type"] == _STOP]:
        unit = _unit(action)
        # Another config may have brought it again since.
        if systemctl.enablement_state(unit) == "not-found":
            _remember_state(debts, _restart_of(unit))
            record.save(folder)
            _stop_with_triggers(folder, record, unit)
        debts.actions.remove(action)
        record.save(folder)


def _remember_state(debts: PendingActions, action: Action) -> None:
    """Keep how the service stood before the first action that touched it."""
    unit = _unit(action)
    earlier = [each["active"] for each in debts.done if unit and _unit(each) == unit]
    active = earlier[0] if earlier else systemctl.has_run(unit) if unit else True
    noted = {**action, "active": active}
    if noted not in debts.done:
        debts.done.append(noted)


def _perform(folder: str, record: Record, action: Action) -> None:
    kind, unit = action["type"], _unit(action)
    if kind == "DaemonReload":
        systemctl.daemon_reload()
    elif kind == _STOP or not action.get("active", True):
        # What did not run before the config that has gone shall not run because of it.
        _stop(unit)
    elif systemctl.is_masked(unit):
        # systemd refuses both; a restart ends what runs, and a reload leaves it.
        if kind == "Restart":
            _stop_with_triggers(folder, record, unit)
    elif _is_disabled(unit, record) and not systemctl.is_running(unit):
        return
    elif kind == "Reload":
        systemctl.reload(unit)
    elif kind == "Restart":
        systemctl.restart(unit)


def _stop_with_triggers(folder: str, record: Record, unit: str) -> None:
    """Stop a unit that cannot start again, and before it whatever would fail to start it."""
    for trigger in systemctl.triggered_by(unit):
        if record.debts and systemctl.is_running(trigger):
            _remember_state(record.debts, _restart_of(trigger))
            record.save(folder)
        _stop(trigger)
    _stop(unit)


def _stop(unit: str) -> None:
    """Stop the unit, and let nothing be left of it: one that has failed would stay so."""
    systemctl.stop(unit)
    systemctl.reset_failed(unit)


def _is_disabled(unit: str, record: Record) -> bool:
    """Whether the config wants the unit not to be started by itself."""
    return record.units.get(unit, {}).get("enabled") is False


def _restart_of(unit: str) -> Action:
    return {"type": "Restart", "restart": {"serviceName": unit}}


def _unit(action: Action) -> str:
    service = action.get("reload") or action.get("restart") or action.get("stop") or {}
    return str(service.get("serviceName", ""))
