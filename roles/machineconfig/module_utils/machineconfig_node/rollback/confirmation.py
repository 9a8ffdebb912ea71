"""Whether an apply still waits to be confirmed, and what stands ready on the node until it is."""

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
    """Whether the last apply still waits to be confirmed."""
    journal = journal_file.read(folder)
    return bool(journal and journal["awaits_confirmation"])


def confirm(folder: str, *, by_timer: bool = False) -> bool:
    """Take the timer away, and what it runs unless that calls this; whether there was one."""
    journal = journal_file.read(folder)
    waited = bool(journal and journal["awaits_confirmation"])
    if journal and waited:
        journal_file.write(folder, {**journal, "awaits_confirmation": False})
    remove_watchdog(by_timer=by_timer)
    shutil.rmtree(code_folder(folder), ignore_errors=True)
    return waited


def remove_watchdog(*, by_timer: bool = False) -> None:
    """Leave no trace of the timer, on the disk or in the manager."""
    for kind in ("timer",) if by_timer else ("timer", "service"):
        systemctl.stop(f"{NOW}.{kind}")
        systemctl.stop(f"{AT_BOOT}.{kind}")
    for path in (
        f"{WANTS}/{AT_BOOT}.timer",
        f"{UNITS}/{AT_BOOT}.timer",
        f"{UNITS}/{AT_BOOT}.service",
    ):
        durable.remove(path)
    for folder in (UNITS, WANTS):
        durable.sweep(folder)
    # A boot, or somebody's daemon-reload, has read them; otherwise nothing is read anew.
    if systemctl.is_in_memory(f"{AT_BOOT}.*"):
        systemctl.daemon_reload()


def code_folder(folder: str) -> str:
    """Where the timer's program is, below the folder of the record."""
    return os.path.join(folder, "revert")
