"""The reboot out of a boot that did not work, by harder means where systemd refuses it."""

from __future__ import annotations

import contextlib
import time

from ..base.errors import NodeError
from . import systemctl

_INTERVAL = 30.0  # seconds between two attempts


def leave() -> None:
    """Start the reboot, and do not return before it is accepted.

    One that was accepted and then hangs is forced by systemd itself, after half an hour.
    """
    while not _is_accepted():
        time.sleep(_INTERVAL)


def _is_accepted() -> bool:
    # Otherwise masks of the config that was rolled back would still apply.
    with contextlib.suppress(NodeError):
        systemctl.daemon_reload()
    for order in (systemctl.reboot, systemctl.reboot_without_jobs, systemctl.reboot_at_once):
        with contextlib.suppress(NodeError):
            order()
            return True
    return False
