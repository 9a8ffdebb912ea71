"""Attempts to bring a node to a config: which of them may change the node again.

A controller gives each attempt a name of its own: a new one for a new target, and for every time
that a person asks. All retries of an attempt bear its name. A run by hand has none.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from ..comparison import compare
from ..manifest.desired_state import Desired
from ..record import record
from ..record.failed_attempt import FailedAttempt, facts
from ..record.record import Record


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


def failed_alike(found: Record, wanted: Desired, wish: Wish) -> FailedAttempt:
    """How this very attempt has failed before, if nothing that it rests on has changed since.

    `as_before` says whether the node is what its record says meanwhile, so that it can take pods.
    """
    alike = found.failed.get("config") == wanted.config and _was_undone(wish.attempt, found)
    return (
        {**found.failed, "as_before": compare.is_as_recorded(found, record.boot_id())}
        if alike
        else {}
    )


def _was_undone(attempt: str, found: Record) -> bool:
    """Whether this attempt was undone, and nothing that it rests on has changed since."""
    earlier = found.failed
    return bool(attempt) and earlier.get("attempt") == attempt and earlier["facts"] == facts()
