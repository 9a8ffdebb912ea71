"""Attempts to bring a node to a config: which of them may change the node again.

A controller gives each attempt a name of its own: a new one for a new target, and for every time
that a person asks. All retries of an attempt bear its name. A run by hand has none.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from typing import Any, Dict

from . import comparison, force_file, record
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
    # Whoever puts it there wants one more attempt, and not one with every retry.
    force_file.PATH,
)


@dataclasses.dataclass(frozen=True)
class Wish:
    """How a run stands to what was tried before.

    `attempt` is the name of the attempt, and `again` a person's wish that what has failed be done
    once more, which a controller repeats with every retry of the attempt made for it. By `forced`
    the force file asks for that.
    """

    attempt: str = ""
    again: bool = False
    forced: bool = False

    @classmethod
    def of(cls, asked: dict[str, Any], wanted: Desired) -> Wish:
        """The wish that a step was called with."""
        return cls(asked["attempt"], asked["again"], wanted.forced)

    def begins_anew(self, found: Record) -> bool:
        """Whether what has failed is to be done once more, and was not yet."""
        if self.forced or not self.again or not self.attempt:
            return self.forced or self.again
        return self.attempt != found.attempt and not _was_undone(self.attempt, found)


NO_WISH = Wish()


def only_verifies(found: Record, wanted: Desired, wish: Wish) -> bool:
    """Whether a run only has to verify: the config was applied, and booted into, but not verified.

    What differs then is not mended by another reboot. A controller takes up what was applied by
    hand; only a person who asks, or a later attempt than the one that has applied it, begins anew.
    """
    is_retry = not wish.attempt or found.attempt in {"", wish.attempt}
    booted = found.awaits_proof(record.boot_id()) and found.config == wanted.config
    return booted and is_retry and not wish.begins_anew(found)


def failed(attempt: str, config: str, cause: str, actions: list[Action]) -> Failed:
    """What the record keeps of an attempt that was undone, which was to owe `actions`."""
    return {
        "attempt": attempt,
        "config": config,
        "cause": cause,
        "actions": actions,
        "facts": facts(),
    }


def failed_alike(found: Record, wanted: Desired, wish: Wish) -> Failed:
    """How this very attempt has failed before, if nothing that it rests on has changed since.

    `as_before` says whether the node is what its record says meanwhile, so that it can take pods.
    """
    alike = found.failed.get("config") == wanted.config and _was_undone(wish.attempt, found)
    return {**found.failed, "as_before": is_as_recorded(found)} if alike else {}


def _was_undone(attempt: str, found: Record) -> bool:
    """Whether this attempt was undone, and nothing that it rests on has changed since."""
    earlier = found.failed
    return bool(attempt) and earlier.get("attempt") == attempt and earlier["facts"] == facts()


def is_as_recorded(found: Record) -> bool:
    """Whether the node is what its record says, and owes nothing, no proof either."""
    boot_id = record.boot_id()
    owes = found.outstanding(boot_id) or found.awaits_proof(boot_id)
    return not owes and not comparison.departed(found)


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
