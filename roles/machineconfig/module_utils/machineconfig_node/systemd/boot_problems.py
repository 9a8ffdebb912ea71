"""What went wrong in this boot: units that failed, and units that systemd did not even start.

The names of units that were not started come from their states: systemd keeps when it last tried to
start each unit. The causes are messages of the manager in the journal of this boot, or what
systemd-analyze finds where there is no such journal.
"""

from __future__ import annotations

import dataclasses
import itertools
import subprocess
import threading
from typing import Container, Dict, Iterable, Iterator

from ..base.view import AS_IT_IS, ENVIRONMENT, SECONDS, CheckUnavailableError
from . import boot_transaction, ordering_cycles, systemctl, unit_results
from .boot_transaction import BootTransaction
from .ordering_cycles import Cycle

# The problem of each unit, by its name.
Problems = Dict[str, str]

# The units of the watchdog, which may be the caller.
_OURS = "machine-config-"
_MODES = ("emergency", "rescue")
_NEVER = "0"
_STATE = (
    "Id",
    "LoadState",
    "ActiveState",
    "Job",
    "ConditionTimestampMonotonic",
    "InactiveExitTimestampMonotonic",
)
_SINCE = "StateChangeTimestampMonotonic"
_REQUIREMENTS = ("Requires", "Requisite", "BindsTo")
# They appear by themselves.
_NOT_STARTED_BY_JOBS = (".device", ".slice")
_NOT_STARTED = "was not started in this boot"
_ATTEMPTS = 3
# Lines of the journal in which the messages about the boot's transaction are looked for.
_LINES = 20_000
_OF_THE_MANAGER = ("_PID=1", "+", "_TRANSPORT=kernel", "SYSLOG_IDENTIFIER=systemd")


@dataclasses.dataclass(frozen=True)
class Boot:
    """The units that this boot has started, and those that it dropped, by their names.

    Units that were skipped for a condition, or have ended, were started; units that were enabled
    since are neither. Nor are others of an ordering cycle: which of them starts is chance.
    """

    started: list[str]
    dropped: list[str]


def this_boot() -> Boot:
    """Return what this boot did with the units that a boot starts."""
    transaction = _transaction()
    never = _never_started(transaction.wanted)
    cycles = _known_cycles(transaction) if transaction.cycles else []
    in_cycles = {unit for cycle in cycles for unit in cycle.units}
    return Boot(
        sorted(transaction.wanted.difference(never, in_cycles)),
        sorted({*in_cycles, *transaction.conflicting}.intersection(never)),
    )


def find(limit: int = 3, known: Container[str] = ()) -> list[str]:
    """Return the problems of this boot in plain words, the first one first.

    At most `limit` units are named, and none of `known`, which had problems before. Never contains
    what a service has printed.
    """
    transaction = _transaction()
    cycles = _known_cycles(transaction)
    # Other units that were not started are a consequence, as in a boot that ends in another mode.
    dropped = _never_started({cycle.dropped for cycle in cycles if cycle.dropped})
    causes = ((unit, _cause(unit, cycles, transaction)) for unit in dropped)
    problems = [*causes, *_failed(), *_starting()]
    found = [f"{unit} {problem}" for unit, problem in problems if unit not in known]
    modes = (f"the boot ended in {mode} mode" for mode in _ended_in())
    return [*filter(None, [transaction.impossible]), *found[:limit], *modes]


def ended_early() -> bool:
    """Whether this boot ended in emergency or rescue mode."""
    return any(_ended_in())


def not_started(units: Container[str]) -> Problems:
    """Return those of the `units` that this boot should have started, and that it never tried to.

    Units that were skipped for a condition, have ended or were stopped are not among them, nor are
    units that are enabled for something else than the boot.
    """
    transaction = _transaction()
    never = _never_started(each for each in transaction.wanted if each in units)
    cycles = _known_cycles(transaction) if never else []
    return {unit: _cause(unit, cycles, transaction) for unit in never}


def _transaction() -> BootTransaction:
    """Return what a boot starts; nothing where it cannot be computed, since all else goes on."""
    try:
        return boot_transaction.compute(AS_IT_IS)
    except CheckUnavailableError:
        return boot_transaction.parse(())


def _never_started(units: Iterable[str]) -> list[str]:
    names = sorted(each for each in units if not each.endswith(_NOT_STARTED_BY_JOBS))
    states = systemctl.show(names, _STATE) if names else []
    return [state["Id"] for state in states if _has_never_started(state)]


def _has_never_started(state: dict[str, str]) -> bool:
    return (
        state.get("LoadState") == "loaded"
        and state["ActiveState"] == "inactive"
        and not state["Job"]
        and state["ConditionTimestampMonotonic"] == _NEVER
        and state["InactiveExitTimestampMonotonic"] == _NEVER
    )


def _cause(unit: str, cycles: list[Cycle], transaction: BootTransaction) -> str:
    around = [cycle for cycle in cycles if unit in cycle.units]
    if around:
        # Which cycles systemd finds, and which unit of one it drops, may differ each time.
        cycle = min(around, key=lambda each: (each.dropped != unit, len(each.units)))
        return (
            f"{_NOT_STARTED}: systemd dropped its start to break the ordering cycle"
            f" {cycle.around(unit)}"
        )
    if unit in transaction.conflicting:
        return f"{_NOT_STARTED}: systemd dropped its start, since another unit conflicts with it"
    missing = ", ".join(_missing_requirements(unit))
    if missing:
        return f"{_NOT_STARTED}: it requires {missing}"
    broken = "; ".join(str(cycle) for cycle in ordering_cycles.distinct(cycles))
    return f"{_NOT_STARTED}: systemd broke ordering cycles: {broken}" if broken else _NOT_STARTED


def _missing_requirements(unit: str) -> Iterator[str]:
    """Yield the units that this one requires and that are not active, with their states."""
    shown = systemctl.show([unit], _REQUIREMENTS)[0]
    names = {name for names in shown.values() for name in names.split()}
    for state in systemctl.show(sorted(names), ("Id", "ActiveState")) if names else []:
        if state.get("ActiveState") in {"inactive", "failed"}:
            yield f"{state['Id']}, which is {state['ActiveState']}"


def _known_cycles(transaction: BootTransaction) -> list[Cycle]:
    """Return the cycles in the journal and in the unit files, where systemd finds others each time.

    There are none in a transaction without cycles.
    """
    times = _ATTEMPTS if transaction.cycles else 0
    again = (_transaction() for _ in range(times))
    found = [cycle for each in (transaction, *again) for cycle in each.cycles]
    return [*_cycles_of_boot(), *found]


def _cycles_of_boot() -> list[Cycle]:
    """Return the cycles in the journal of this boot; none where there is no such journal.

    Without an answer in time, those that were read until then: a rollback may wait for it.
    """
    words = ["journalctl", "--boot", "--no-pager", "--quiet", "--output=cat", *_OF_THE_MANAGER]
    try:
        with subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            errors="replace",
            env=ENVIRONMENT,
        ) as process:
            watch = threading.Timer(SECONDS, process.kill)
            watch.start()
            try:
                cycles = ordering_cycles.parse(itertools.islice(process.stdout or (), _LINES))
            finally:
                watch.cancel()
                process.kill()
    except OSError:
        return []
    return cycles


def _failed() -> Iterator[tuple[str, str]]:
    """Yield the failed units, the first one first."""
    names = systemctl.failed()
    shown = systemctl.show(names, (*unit_results.PROPERTIES, "Id", _SINCE)) if names else []
    for unit in sorted(shown, key=lambda each: int(each.get(_SINCE) or 0)):
        yield unit["Id"], f"failed ({unit_results.text(unit)})"


def _starting() -> Iterator[tuple[str, str]]:
    """Yield the units for which the boot still waits."""
    for unit in systemctl.starting():
        if not unit.startswith(_OURS):
            yield unit, "is still starting"


def _ended_in() -> Iterator[str]:
    return (mode for mode in _MODES if systemctl.is_running(f"{mode}.target"))
