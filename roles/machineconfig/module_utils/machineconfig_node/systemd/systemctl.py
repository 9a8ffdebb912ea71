"""The systemctl commands that a config needs."""

from __future__ import annotations

import json
import subprocess
from typing import Iterable, NamedTuple

from ..base.errors import NodeError

# A service may never finish starting, and the caller holds the node's lock.
TIMEOUT = 300.0

# Selects what systemd and logind say about a shutdown.
_SHUTDOWN_JOURNAL = "-b -u init.scope -u systemd-logind"
_UP = {"active", "activating", "reloading", "refreshing"}


class Job(NamedTuple):
    """A job of the manager: to `start` or `stop` a unit, `waiting` or `running`."""

    unit: str
    type: str
    state: str


def enablement_state(unit: str) -> str:
    """Return the output of `systemctl is-enabled`; `not-found` if the unit does not exist."""
    output = _systemctl(["is-enabled", unit]).stdout.strip()
    return output or "not-found"


def in_root(root: str, verb: str, unit: str) -> subprocess.CompletedProcess[str]:
    """Run systemctl on the unit files below another root, without the manager."""
    return _systemctl([f"--root={root}", verb, "--", unit])


def daemon_reload() -> None:
    """Make the manager read all unit files again."""
    _require(["daemon-reload"], "-b -u init.scope")


def is_in_memory(pattern: str) -> bool:
    """Whether the manager has loaded a unit of this name, with or without its file."""
    words = ["list-units", "--all", "--plain", "--no-legend", pattern]
    return bool(_systemctl(words).stdout.strip())


def has_run(unit: str) -> bool:
    """Whether the unit is running, or is a oneshot that succeeded in this boot."""
    names = ["ActiveState", "Type", "Result", "InactiveExitTimestampMonotonic"]
    found = show([unit], names)[0]
    if found.get("Type") == "oneshot" and found.get("ActiveState") == "inactive":
        began = found.get("InactiveExitTimestampMonotonic", "0")
        return began != "0" and found.get("Result") == "success"
    return found.get("ActiveState") in _UP


def is_running(unit: str) -> bool:
    """Whether the unit is active or activating."""
    return show([unit], ["ActiveState"])[0].get("ActiveState") in _UP


def is_masked(unit: str) -> bool:
    """Whether the unit is masked."""
    return enablement_state(unit).startswith("masked")


def triggered_by(unit: str) -> list[str]:
    """Return the loaded timers, sockets and paths that start the unit."""
    return show([unit], ["TriggeredBy"])[0].get("TriggeredBy", "").split()


def instances(template: str) -> list[str]:
    """Return the loaded instances of a template; none for any other unit."""
    stem, at, kind = template.partition("@.")
    return _listed([f"{stem}@*.{kind}", "--all"]) if at else []


def show(names: Iterable[str], properties: Iterable[str]) -> list[dict[str, str]]:
    """Return the properties of each unit; names may be patterns for loaded units."""
    output = _systemctl(["show", f"--property={','.join(properties)}", "--", *names]).stdout
    return [
        dict(line.partition("=")[::2] for line in unit.splitlines())
        for unit in output.strip().split("\n\n")
    ]


def failed() -> list[str]:
    """Return all failed units."""
    return _listed(["--state=failed"])


def starting() -> list[str]:
    """Return the units whose start job is running, rather than waiting for another one."""
    return [job.unit for job in jobs() if (job.type, job.state) == ("start", "running")]


def _listed(words: list[str]) -> list[str]:
    output = _systemctl(["list-units", "--full", "--plain", "--no-legend", *words]).stdout
    return [line.split()[0] for line in output.splitlines() if line.strip()]


def stop(unit: str) -> None:
    """Stop the unit and wait for it; a unit that is not loaded is already stopped."""
    _systemctl(["stop", unit])


def reset_failed(unit: str) -> None:
    """Reset the failed state of the unit."""
    _systemctl(["reset-failed", unit])


def restart(unit: str) -> None:
    """Restart the unit and wait for it."""
    _require(["restart", unit], f"-u {unit}")


def reload(unit: str) -> None:
    """Reload the configuration of the running unit."""
    _require(["reload", unit], f"-u {unit}")


def reboot() -> None:
    """Start the reboot, and return before it completes."""
    _require(["--no-block", "reboot"], _SHUTDOWN_JOURNAL)


def reboot_without_jobs() -> None:
    """Make the manager end all processes and reboot, without stopping units."""
    _require(["--force", "reboot"], _SHUTDOWN_JOURNAL)


def reboot_at_once() -> None:
    """Reboot without the manager; what is not synced is lost, except for the record."""
    _require(["--force", "--force", "reboot"], _SHUTDOWN_JOURNAL)


def jobs() -> list[Job]:
    """Return the jobs that are queued or running."""
    output = _systemctl(["list-jobs", "--full", "--plain", "--no-legend"]).stdout
    lines = [line.split() for line in output.splitlines()]
    # Without a job it prints a sentence.
    return [Job(*words[1:]) for words in lines if len(words) == 4 and words[0].isdigit()]  # noqa: PLR2004 - with the number


def next_elapse(timer: str) -> float | None:
    """Return when the timer elapses next, in seconds since the epoch; None if unknown."""
    output = _systemctl(["list-timers", "--all", "--output=json", timer]).stdout
    try:
        found = [each["next"] for each in json.loads(output) if each["unit"] == timer]
        return float(found[0]) / 1_000_000
    except (ValueError, LookupError, TypeError):
        return None


def _require(words: list[str], journal: str) -> None:
    """Run a command that must succeed; `journal` selects the entries that say why it failed."""
    done = _systemctl(words)
    if done.returncode != 0:
        first = (done.stderr.strip() or done.stdout.strip()).splitlines()[:1]
        raise NodeError(
            f"`systemctl {' '.join(words)}` failed: {''.join(first)}",
            f"see `journalctl {journal}` on the node",
        )


def _systemctl(words: list[str]) -> subprocess.CompletedProcess[str]:
    command = ["systemctl", *words]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"timed out after {TIMEOUT:.0f} s")
