"""Whether the units of the machine are healthy: none has failed or keeps restarting.

All services and all failed units are checked before the first change and after the last one,
because a change may break a unit that it does not name.
"""

from __future__ import annotations

import time
from typing import Dict, Iterable

from ..record.node_record import Record
from ..systemd import boot_problems, systemctl, unit_results
from ..systemd.boot_problems import Problems

# The properties of each unit, by name.
Units = Dict[str, Dict[str, str]]

_PROPERTIES = (
    "Id",
    "Names",
    "LoadState",
    "ActiveState",
    "SubState",
    "Job",
    "NRestarts",
    *unit_results.PROPERTIES,
    "ExecMainStartTimestampMonotonic",
    "AssertResult",
    "AssertTimestampMonotonic",
)
# The boot is complete when this is reached.
_BOOT = "default.target"
# Seconds for which an unwatched service must run to count as healthy.
_UPTIME = 10.0
# A watch does not wait for a service with more restarts.
_MAX_RESTARTS = 3
_INTERVAL = 0.5  # seconds between two observations


def unhealthy_units() -> Problems:
    """Return the problems of unhealthy units at this moment."""
    return _problems(_observe(()), _UPTIME)


def watch(units: Iterable[str], seconds: float, timeout: float) -> Problems:
    """Return the problems of unhealthy units, once no unit is changing its state.

    Wait for the start jobs of `units` and of the boot, and then watch all units for `seconds`; 0
    observes them once. If a service restarts in that time, watch until it has run for `seconds` or
    has restarted too often. Everything ends after `timeout` seconds.
    """
    named = set(units)
    begun = quiet = time.monotonic()
    first = seen = _observe(named)
    while True:
        now = time.monotonic()
        starting = _starting(seen, {*named, _BOOT})
        quiet = now if starting else quiet
        changing = starting or now - quiet < seconds or _is_undecided(first, seen, seconds)
        if not changing or now - begun >= timeout:
            late = f"is still starting after {timeout:.0f} s"
            return {
                **dict.fromkeys(_starting(seen, named), late),
                **_problems(seen, seconds),
            }
        time.sleep(_INTERVAL)
        seen = _with_last_results(_observe(named), seen)


def lost(record: Record, started: Iterable[str], boot_id: str) -> Problems:
    """Return the problems of units that a reboot after the last change should have started.

    They are the units that were `started` by the boot before it, and those that the config enables
    or changes. Nothing is lost without a reboot.
    """
    outstanding = record.debts
    if outstanding is None or outstanding.boot_id == boot_id:
        return {}
    enabled = (unit for unit, state in record.units.items() if state["enabled"])
    return boot_problems.not_started({*started, *enabled, *outstanding.watched})


def reset_failures(record: Record) -> None:
    """Reset the failed state of units that the last change has broken."""
    outstanding = record.debts
    if outstanding is None:
        return
    for unit in systemctl.failed():
        if unit in outstanding.watched and unit not in outstanding.ailing:
            systemctl.reset_failed(unit)


def _observe(named: Iterable[str]) -> Units:
    # A template has no properties.
    names = ["*.service", _BOOT, *systemctl.failed(), *(each for each in named if "@." not in each)]
    shown = systemctl.show(names, _PROPERTIES)
    return {each["Id"]: each for each in shown if "Id" in each}


def _with_last_results(seen: Units, before: Units) -> Units:
    """Return the units with the previous result where systemd is restarting a unit.

    Each new start of a service resets its result, which hides why the previous one failed.
    """
    return {
        name: {**unit, **_last_result(unit, before.get(name, unit))} for name, unit in seen.items()
    }


def _last_result(unit: dict[str, str], before: dict[str, str]) -> dict[str, str]:
    if _restarts(unit) == 0 or unit["Result"] != "success":
        return {}
    return {name: before[name] for name in unit_results.PROPERTIES if name in before}


def _starting(units: Units, named: set[str]) -> list[str]:
    """Return those of the named units that have a queued or running job."""
    return [
        name for name, unit in units.items() if unit["Job"] and named & set(unit["Names"].split())
    ]


def _is_undecided(first: Units, seen: Units, seconds: float) -> bool:
    """Whether a service that restarted in the last `seconds` may still become healthy."""
    return seconds > 0 and any(
        _is_restarting(unit, seconds)
        and _restarts(unit) - _restarts(first.get(name, {})) < _MAX_RESTARTS
        for name, unit in seen.items()
    )


def _problems(units: Units, uptime: float) -> Problems:
    found = {name: _problem(unit, uptime) for name, unit in units.items()}
    return {name: problem for name, problem in found.items() if problem}


def _problem(unit: dict[str, str], uptime: float) -> str:
    if unit["LoadState"] in {"masked", "not-found"}:
        return ""
    if unit["ActiveState"] == "failed":
        return f"failed ({unit_results.text(unit)})"
    if _is_restarting(unit, uptime):
        is_known = unit["Result"] != "success"
        return f"keeps restarting ({unit_results.text(unit)})" if is_known else "keeps restarting"
    if unit["AssertResult"] == "no" and unit["AssertTimestampMonotonic"] != "0":
        return "was not started (assert)"
    return ""


def _is_restarting(unit: dict[str, str], uptime: float) -> bool:
    """Whether the service is about to restart, or restarted less than `uptime` seconds ago."""
    started = int(unit.get("ExecMainStartTimestampMonotonic") or 0) / 1_000_000
    lately = _restarts(unit) > 0 and started > time.monotonic() - uptime
    return unit["SubState"].startswith("auto-restart") or lately


def _restarts(unit: dict[str, str]) -> int:
    return int(unit.get("NRestarts") or 0)
