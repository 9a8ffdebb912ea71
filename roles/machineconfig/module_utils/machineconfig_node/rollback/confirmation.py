"""Whether the last apply awaits its confirmation, and the units of the watchdog until then."""

from __future__ import annotations

import os
import shutil

from ..filesystem import durable
from ..systemd import systemctl
from . import journal_file, watchdog_units
from .watchdog_units import AT_BOOT, COUNTER, NOW

# Not below the record, whose file system a boot may fail to mount.
PROGRAM = "/etc/machine-config-revert"
# Where earlier versions had the units.
_EARLIER = "/etc/systemd/system"
_EARLIER_LINKS = f"{_EARLIER}/timers.target.wants"


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
    for each in reserve_folders(folder):
        shutil.rmtree(each, ignore_errors=True)
    return pending


def remove_watchdog(*, by_watchdog: bool = False) -> None:
    """Remove the watchdog from the disk and from the manager."""
    services = [f"{name}.service" for name in (NOW, AT_BOOT, COUNTER)]
    for unit in (f"{NOW}.timer", f"{AT_BOOT}.timer", *([] if by_watchdog else services)):
        systemctl.stop(unit)
    for path in (
        f"{_EARLIER_LINKS}/{AT_BOOT}.timer",
        f"{_EARLIER}/{AT_BOOT}.timer",
        f"{_EARLIER}/{AT_BOOT}.service",
        *watchdog_units.links(),
        *watchdog_units.paths(),
    ):
        durable.remove(path)
    for each in watchdog_units.mask_folders():
        shutil.rmtree(each, ignore_errors=True)
    own = (watchdog_units.TARGETS, *watchdog_units.link_folders(), watchdog_units.FOLDER)
    for each in (_EARLIER, _EARLIER_LINKS, *own):
        durable.sweep(each)
    for each in own:
        # A folder that contains anything else is kept.
        durable.remove_folder(each)
    # They are loaded only after a boot or another daemon-reload.
    if systemctl.is_in_memory(f"{AT_BOOT}.*"):
        systemctl.daemon_reload()


def reserve_folders(folder: str) -> list[str]:
    """Return the folders of the reserves; in the second one, earlier versions had the program."""
    return [PROGRAM, os.path.join(folder, "revert")]
