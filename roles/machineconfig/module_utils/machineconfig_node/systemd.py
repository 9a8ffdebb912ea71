"""systemctl, as far as a config needs it."""

from __future__ import annotations

import subprocess

from .errors import NodeError

ENABLED = {"enabled", "enabled-runtime", "linked", "linked-runtime", "alias"}


def state(unit: str) -> str:
    """What `systemctl is-enabled` says of the unit; `not-found` where it is not there."""
    said = _systemctl(["is-enabled", unit]).stdout.strip()
    return said or "not-found"


def has_enablement(unit: str, *, enabled: bool) -> bool:
    """Whether the unit is enabled, or not, as asked; a static unit satisfies only `not`."""
    return (state(unit) in ENABLED) == enabled


def set_enablement(unit: str, *, enabled: bool) -> None:
    """Enable or disable without starting, stopping or reloading anything."""
    _demand(["--no-reload", "enable" if enabled else "disable", unit], unit)


def daemon_reload() -> None:
    """Have the manager read all unit files again."""
    _demand(["daemon-reload"], "the system manager")


def stop(unit: str) -> None:
    """Stop the unit and wait for it; one that is not loaded is stopped already."""
    _systemctl(["stop", unit])


def restart(unit: str) -> None:
    """Restart the unit and wait for it."""
    _demand(["restart", unit], unit)


def reload(unit: str) -> None:
    """Ask the running unit to read its configuration again."""
    _demand(["reload", unit], unit)


def reboot() -> None:
    """Order the reboot; it is under way when this returns."""
    _demand(["--no-block", "reboot"], "the machine")


def _demand(words: list[str], unit: str) -> None:
    done = _systemctl(words)
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise NodeError(
            f"`systemctl {' '.join(words)}` failed for {unit}: {''.join(last)}",
            f"see `journalctl -u {unit}` on the node",
        )


def _systemctl(words: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemctl", *words], capture_output=True, text=True, check=False)
