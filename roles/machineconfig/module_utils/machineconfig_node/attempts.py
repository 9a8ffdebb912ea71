"""Attempts to bring a node to a config: which of them may change the node again.

A controller gives each attempt a name of its own: a new one for a new target, and for every time
that a person asks. All retries of an attempt bear its name. A run by hand has none.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any, Dict

from . import record
from .desired import Desired
from .record import Action, Record

Failed = Dict[str, Any]

# What a person changes to make a failed config work: packages and accounts.
_STAMPED = (
    "/var/lib/dpkg/status",
    "/var/lib/rpm",
    "/usr/lib/sysimage/rpm",
    "/etc/passwd",
    "/etc/group",
)


def wish(asked: dict[str, Any], wanted: Desired) -> dict[str, Any]:
    """How a run stands to what was tried before; the force file asks anew whenever it is there."""
    if wanted.forced:
        return {"again": True, "attempt": ""}
    return {"again": asked["again"], "attempt": asked["attempt"]}


def is_asked_for(found: Record, *, again: bool, attempt: str) -> bool:
    """Whether a person wants what has failed to be done once more, and it was not done yet.

    `again` is that wish, which a controller repeats with every retry of the attempt made for it.
    """
    made_before = attempt in {found.attempt, found.failed.get("attempt")}
    return again and not (attempt and made_before)


def only_verifies(found: Record, wanted: Desired, *, again: bool, attempt: str) -> bool:
    """Whether a run only has to verify: the config was applied, and booted into, but not verified.

    What differs then is not mended by another reboot. A controller takes up what was applied by
    hand; only a person who asks, or a later attempt than the one that has applied it, begins anew.
    """
    debts = found.debts
    booted = debts is not None and debts.boot_id != record.boot_id()
    is_retry = not attempt or found.attempt in {"", attempt}
    begins_anew = is_asked_for(found, again=again, attempt=attempt) or not is_retry
    return booted and not begins_anew and found.config == wanted.config


def failed(attempt: str, config: str, cause: str, actions: list[Action]) -> Failed:
    """What the record keeps of an attempt that was undone, which was to owe `actions`."""
    return {
        "attempt": attempt,
        "config": config,
        "cause": cause,
        "actions": actions,
        "facts": facts(),
    }


def failed_alike(found: Record, wanted: Desired, *, attempt: str) -> Failed:
    """How this very attempt has failed before, if nothing that it rests on has changed since."""
    earlier = found.failed
    alike = (
        bool(earlier and attempt)
        and earlier["attempt"] == attempt
        and earlier["config"] == wanted.config
        and earlier["facts"] == facts()
    )
    return earlier if alike else {}


def facts() -> str:
    """A digest of what may make a failed config work: the boot, the packages, the accounts."""
    stamps = [_stamp(path) for path in _STAMPED]
    text = json.dumps([record.boot_id(), stamps])
    return hashlib.sha256(text.encode()).hexdigest()


def _stamp(path: str) -> list[int]:
    try:
        found = os.stat(path)
    except OSError:
        return []
    return [found.st_ino, found.st_size, found.st_mtime_ns]
