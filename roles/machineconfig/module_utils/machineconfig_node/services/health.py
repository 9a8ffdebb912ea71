"""Whether the units of the machine are well: none is failed, and none is restarted over and over.

The same is asked before the first change and after the last one, of all services and of every unit
that is failed, for a change may break a unit that it does not name.
"""

from __future__ import annotations

import time
from typing import Dict, Iterable

from ..record.node_record import Record
from ..systemd import systemctl

# What systemd shows of each unit, and what each unit suffers from, both by the unit's name.
Units = Dict[str, Dict[str, str]]
Problems = Dict[str, str]

_PROPERTIES = (
    "Id",
    "Names",
    "LoadState",
    "ActiveState",
    "SubState",
    "Result",
    "Job",
    "NRestarts",
    "ExecMainCode",
    "ExecMainStatus",
    "ExecMainStartTimestampMonotonic",
    "AssertResult",
    "AssertTimestampMonotonic",
)
_RESULT = ("Result", "ExecMainCode", "ExecMainStatus")
# A boot is over when this is reached.
_BOOT = "default.target"
# Seconds for which a service has to run before it counts as up where nobody watches it.
_UPTIME = 10.0
# A service that was restarted so often in one watch is not waited for any longer.
_MAX_RESTARTS = 3
_INTERVAL = 0.5  # seconds between two looks
_EXITED = "1"  # CLD_EXITED in <signal.h>


def unhealthy_units() -> Problems:
    """What units suffer from at this moment, in words."""
    return _problems(_observe(()), _UPTIME)


def watch(units: Iterable[str], seconds: float, patience: float) -> Problems:
    """What units suffer from, in words, once all of them have come to rest.

    The start jobs of `units` and of the boot are waited for. From then on the machine is watched
    for `seconds`, and for longer where a service is restarted in that time, until it has run for as
    long or is restarted over and over; 0 looks once. All of that ends after `patience` seconds.
    """
    named = set(units)
    begun = quiet = time.monotonic()
    first = seen = _observe(named)
    while True:
        now = time.monotonic()
        starting = _starting(seen, {*named, _BOOT})
        quiet = now if starting else quiet
        unrest = starting or now - quiet < seconds or _is_undecided(first, seen, seconds)
        if not unrest or now - begun >= patience:
            late = f"is still starting after {patience:.0f} s"
            return {
                **dict.fromkeys(_starting(seen, named), late),
                **_problems(seen, seconds),
            }
        time.sleep(_INTERVAL)
        seen = _with_last_results(_observe(named), seen)


def reset_failures(record: Record) -> None:
    """Let units that the last change has made ill no longer count as failed."""
    debts = record.debts
    if debts is None:
        return
    for unit in systemctl.failed():
        if unit in debts.watched and unit not in debts.ailing:
            systemctl.reset_failed(unit)


def _observe(named: Iterable[str]) -> Units:
    # A template is no unit that could be shown.
    names = ["*.service", _BOOT, *systemctl.failed(), *(each for each in named if "@." not in each)]
    shown = systemctl.show(names, _PROPERTIES)
    return {each["Id"]: each for each in shown if "Id" in each}


def _with_last_results(seen: Units, before: Units) -> Units:
    """The units as seen now, with the result of the last try where systemd restarts a unit.

    Each new try of a service begins as a success and hides why the one before it has failed.
    """
    return {
        name: {**unit, **_last_result(unit, before.get(name, unit))} for name, unit in seen.items()
    }


def _last_result(unit: dict[str, str], before: dict[str, str]) -> dict[str, str]:
    is_retried = _restarts(unit) > 0 and unit["Result"] == "success"
    return {name: before[name] for name in _RESULT if name in before} if is_retried else {}


def _starting(units: Units, named: set[str]) -> list[str]:
    """Those of the named units that have a job in the queue or under way."""
    return [
        name for name, unit in units.items() if unit["Job"] and named & set(unit["Names"].split())
    ]


def _is_undecided(first: Units, seen: Units, seconds: float) -> bool:
    """Whether a service may yet come up, though it was restarted in the last `seconds`."""
    return seconds > 0 and any(
        _is_restarting(unit, seconds)
        and _restarts(unit) - _restarts(first.get(name, {})) < _MAX_RESTARTS
        for name, unit in seen.items()
    )


def _problems(units: Units, uptime: float) -> Problems:
    found = {name: _problem(unit, uptime) for name, unit in units.items()}
    return {name: words for name, words in found.items() if words}


def _problem(unit: dict[str, str], uptime: float) -> str:
    if unit["LoadState"] in {"masked", "not-found"}:
        return ""
    if unit["ActiveState"] == "failed":
        return f"failed ({_result(unit)})"
    if _is_restarting(unit, uptime):
        is_known = unit["Result"] != "success"
        return f"keeps restarting ({_result(unit)})" if is_known else "keeps restarting"
    if unit["AssertResult"] == "no" and unit["AssertTimestampMonotonic"] != "0":
        return "is not started (assert)"
    return ""


def _is_restarting(unit: dict[str, str], uptime: float) -> bool:
    """Whether systemd is about to restart the service, or has done so less than that long ago."""
    started = int(unit.get("ExecMainStartTimestampMonotonic") or 0) / 1_000_000
    lately = _restarts(unit) > 0 and started > time.monotonic() - uptime
    return unit["SubState"].startswith("auto-restart") or lately


def _restarts(unit: dict[str, str]) -> int:
    return int(unit.get("NRestarts") or 0)


def _result(unit: dict[str, str]) -> str:
    """How the unit ended, as systemd calls it: `exit-code 1`, `timeout`, `watchdog`."""
    status = unit.get("ExecMainStatus", "0")
    has_code = unit.get("ExecMainCode") == _EXITED and status != "0"
    return f"{unit['Result']} {status}" if has_code else unit["Result"]
