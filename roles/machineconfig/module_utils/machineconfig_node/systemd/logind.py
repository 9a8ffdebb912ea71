"""What logind knows of a shutdown: one that it has begun, one for later, and who inhibits them.

busctl prints values as a shell would read them, in every version alike. Without logind or D-Bus
there is nothing to know: systemd then shuts down by itself.
"""

from __future__ import annotations

import dataclasses
import shlex
import subprocess

_MANAGER = (
    "org.freedesktop.login1",
    "/org/freedesktop/login1",
    "org.freedesktop.login1.Manager",
)
_TIMEOUT = 10.0
_FIELDS = 6  # of an inhibitor: what, who, why, mode, uid, pid


@dataclasses.dataclass(frozen=True)
class Inhibitor:
    """A program that delays or blocks some operations, like a shutdown; with its own reason."""

    what: str
    who: str
    why: str
    mode: str

    def __str__(self) -> str:
        return f"{self.who} ({self.why})" if self.why else self.who


@dataclasses.dataclass(frozen=True)
class Schedule:
    """The kind of a shutdown, and when it begins, in seconds since the epoch.

    `has_begun` means that logind shuts down already, and waits at most for inhibitors.
    """

    kind: str
    time: float
    has_begun: bool


def schedule() -> Schedule | None:
    """Return the shutdown that logind has begun, or that is scheduled for later."""
    words = _busctl("get-property", "PreparingForShutdown", "ScheduledShutdown")
    if len(words) < 5:  # noqa: PLR2004 - `b`, its value, `(st)`, and two values
        return None
    has_begun, kind, microseconds = words[1] == "true", words[3], words[4]
    if not has_begun and not kind:
        return None
    return Schedule(kind, int(microseconds) / 1_000_000, has_begun)


def inhibitors(mode: str) -> list[Inhibitor]:
    """Return who inhibits a shutdown in this mode: `block` or `delay`."""
    words = _busctl("call", "ListInhibitors")[2:]
    every = (words[start : start + 4] for start in range(0, len(words) - _FIELDS + 1, _FIELDS))
    found = (Inhibitor(*each) for each in every)
    return [each for each in found if each.mode == mode and "shutdown" in each.what.split(":")]


def _busctl(verb: str, *names: str) -> list[str]:
    """Return the words that busctl prints about members of the manager; none if it fails."""
    command = ["busctl", verb, *_MANAGER, *names]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_TIMEOUT)
        return shlex.split(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return []
