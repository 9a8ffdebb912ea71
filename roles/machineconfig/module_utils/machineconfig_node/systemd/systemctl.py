"""systemctl, as far as a config needs it."""

from __future__ import annotations

import json
import subprocess
from typing import Iterable

from ..base.errors import NodeError

# A service may start for ever, and who waits for it holds the node's lock.
TIMEOUT = 300.0

_UP = {"active", "activating", "reloading", "refreshing"}


def enablement_state(unit: str) -> str:
    """What `systemctl is-enabled` says of the unit; `not-found` where it is not there."""
    said = _systemctl(["is-enabled", unit]).stdout.strip()
    return said or "not-found"


def in_root(root: str, verb: str, unit: str) -> subprocess.CompletedProcess[str]:
    """What systemctl makes of the unit files below another root; no manager is asked."""
    return _systemctl([f"--root={root}", verb, "--", unit])


def daemon_reload() -> None:
    """Have the manager read all unit files again."""
    _require(["daemon-reload"], "the system manager")


def is_in_memory(pattern: str) -> bool:
    """Whether the manager has a unit of this name loaded, with its file or without."""
    words = ["list-units", "--all", "--plain", "--no-legend", pattern]
    return bool(_systemctl(words).stdout.strip())


def has_run(unit: str) -> bool:
    """Whether the unit runs, or has done in this boot what it does once."""
    names = ["ActiveState", "Type", "Result", "InactiveExitTimestampMonotonic"]
    found = show([unit], names)[0]
    if found.get("Type") == "oneshot" and found.get("ActiveState") == "inactive":
        began = found.get("InactiveExitTimestampMonotonic", "0")
        return began != "0" and found.get("Result") == "success"
    return found.get("ActiveState") in _UP


def is_running(unit: str) -> bool:
    """Whether the unit is up, or on its way there."""
    return show([unit], ["ActiveState"])[0].get("ActiveState") in _UP


def is_masked(unit: str) -> bool:
    """Whether a link to /dev/null keeps the unit from being started."""
    return enablement_state(unit).startswith("masked")


def triggered_by(unit: str) -> list[str]:
    """The timers, sockets and paths in memory that start the unit."""
    return show([unit], ["TriggeredBy"])[0].get("TriggeredBy", "").split()


def instances(template: str) -> list[str]:
    """The instances of a template that are in memory; of any other unit there are none."""
    stem, at, kind = template.partition("@.")
    return _listed([f"{stem}@*.{kind}", "--all"]) if at else []


def show(names: Iterable[str], properties: Iterable[str]) -> list[dict[str, str]]:
    """The properties of each unit of these names, which may be patterns for those in memory."""
    said = _systemctl(["show", f"--property={','.join(properties)}", "--", *names]).stdout
    return [
        dict(line.partition("=")[::2] for line in unit.splitlines())
        for unit in said.strip().split("\n\n")
    ]


def failed() -> list[str]:
    """All units that are failed now."""
    return _listed(["--state=failed"])


def _listed(words: list[str]) -> list[str]:
    said = _systemctl(["list-units", "--full", "--plain", "--no-legend", *words]).stdout
    return [line.split()[0] for line in said.splitlines() if line.strip()]


def stop(unit: str) -> None:
    """Stop the unit and wait for it; one that is not loaded is stopped already."""
    _systemctl(["stop", unit])


def reset_failed(unit: str) -> None:
    """Have the unit no longer count as failed."""
    _systemctl(["reset-failed", unit])


def restart(unit: str) -> None:
    """Restart the unit and wait for it."""
    _require(["restart", unit], unit)


def reload(unit: str) -> None:
    """Ask the running unit to read its configuration again."""
    _require(["reload", unit], unit)


def reboot() -> None:
    """Order the reboot; it is under way when this returns."""
    _require(["--no-block", "reboot"], "the machine")


def next_elapse(timer: str) -> float | None:
    """When the timer acts next, in seconds since the epoch; None where that is not known."""
    said = _systemctl(["list-timers", "--all", "--output=json", timer]).stdout
    try:
        found = [each["next"] for each in json.loads(said) if each["unit"] == timer]
        return float(found[0]) / 1_000_000
    except (ValueError, LookupError, TypeError):
        return None


def _require(words: list[str], unit: str) -> None:
    done = _systemctl(words)
    if done.returncode != 0:
        first = (done.stderr.strip() or done.stdout.strip()).splitlines()[:1]
        raise NodeError(
            f"`systemctl {' '.join(words)}` failed for {unit}: {''.join(first)}",
            f"see `journalctl -u {unit}` on the node",
        )


def _systemctl(words: list[str]) -> subprocess.CompletedProcess[str]:
    command = ["systemctl", *words]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"no end of it after {TIMEOUT:.0f} s")
