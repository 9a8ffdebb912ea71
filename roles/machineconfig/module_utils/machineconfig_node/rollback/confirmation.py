"""Whether the last apply awaits its confirmation, and the units of the watchdog until then."""

from __future__ import annotations

import os
import shutil

from ..filesystem import durable
from ..systemd import systemctl
from . import journal_file

NOW = "machine-config-revert-now"
AT_BOOT = "machine-config-revert"
UNITS = "/etc/systemd/system"
WANTS = f"{UNITS}/timers.target.wants"


def is_pending(folder: str) -> bool:
    """Whether the last apply awaits its confirmation."""
    journal = journal_file.read(folder)
    return bool(journal and journal["awaits_confirmation"])


def confirm(folder: str, *, by_watchdog: bool = False) -> bool:
    """Confirm the last apply and remove the watchdog; return whether it was pending.

    `by_watchdog` keeps the service running, because it is the caller.
    """
    journal = journal_file.read(folder)
    pending = bool(journal and journal["awaits_confirmation"])
    if journal and pending:
        journal_file.write(folder, {**journal, "awaits_confirmation": False})
    remove_watchdog(by_watchdog=by_watchdog)
    shutil.rmtree(code_folder(folder), ignore_errors=True)
    return pending


def remove_watchdog(*, by_watchdog: bool = False) -> None:
    """Remove the watchdog from the disk and from the manager."""
    for suffix in ("timer",) if by_watchdog else ("timer", "service"):
        systemctl.stop(f"{NOW}.{suffix}")
        systemctl.stop(f"{AT_BOOT}.{suffix}")
    for path in (
        f"{WANTS}/{AT_BOOT}.timer",
        f"{UNITS}/{AT_BOOT}.timer",
        f"{UNITS}/{AT_BOOT}.service",
    ):
        durable.remove(path)
    for folder in (UNITS, WANTS):
        durable.sweep(folder)
    # They are loaded only after a boot or another daemon-reload.
    if systemctl.is_in_memory(f"{AT_BOOT}.*"):
        systemctl.daemon_reload()


def code_folder(folder: str) -> str:
    """Return the folder of the watchdog's program, below that of the record."""
    return os.path.join(folder, "revert")
