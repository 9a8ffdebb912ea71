"""Which nodes let this process in no more, since a new config was applied to them.

A node rolls back by itself where no run confirms its config, and cannot know why none did. It is a
lock-out if this process has tried to log in during most of that time, in vain, and heard of other
nodes meanwhile. Anything else is absence: of this process, its network, or the API server. What is
known is forgotten when the process was away, so that in doubt a config is applied once more.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from controller.execution.protocol import Result
from controller.planning import node_status
from controller.runs.update_run import UpdateRun

_SHARE: Final = 2  # the part of the time until a rollback for which a silence has to last


@dataclass(frozen=True)
class _Silence:
    """The attempt in which logins to a node fail, since when, and why."""

    attempt: str
    since: datetime
    cause: str


class LockOuts:
    """The silences of nodes, by what the runs of this process have found."""

    def __init__(self, confirm_timeout: timedelta, longest_pause: timedelta) -> None:
        """Know the time until a rollback, and the longest that a process is idle between passes."""
        self._enough = confirm_timeout / _SHARE
        self._longest_pause = max(self._enough, longest_pause)
        self._silences: dict[str, _Silence] = {}
        self._present: tuple[datetime, datetime] | None = None

    def attend(self, now: datetime) -> None:
        """Note that this process is there; between two notes it may have been suspended."""
        since, last = self._present or (now, now)
        if now - last > self._longest_pause:
            self.leave()
            since = now
        self._present = since, now

    def leave(self) -> None:
        """Note that the runs of this process have ended, and that others may follow them."""
        self._silences.clear()
        self._present = None

    def judge(self, run: UpdateRun, result: Result, *, heard: bool, now: datetime) -> str:
        """Take in the result of a run; return the cause of a lock-out, empty if it is none.

        `heard` is whether other nodes are heard of: else the network of this process may be down.
        The same result may be taken in again, until it is recorded.
        """
        before = self._silence_of(run)
        if result.unconfirmed and heard:
            return self._lasted(before, now) or self._polled(run, result)
        name, status = run.node.name, run.node.status
        applied = node_status.has_applied(status, result.phase)
        if heard and applied and result.login_failed:
            since = before.since if before else run.entered
            self._silences[name] = _Silence(status.attempt, since, result.cause)
        else:
            self._silences.pop(name, None)
        return ""

    def _silence_of(self, run: UpdateRun) -> _Silence | None:
        known = self._silences.get(run.node.name)
        return known if known and known.attempt == run.node.status.attempt else None

    def _lasted(self, silence: _Silence | None, now: datetime) -> str:
        if silence is None or now - silence.since < self._enough:
            return ""
        seconds = (now - silence.since).total_seconds()
        return f"the controller could not log in for {seconds:.0f} s: {silence.cause}"

    def _polled(self, run: UpdateRun, result: Result) -> str:
        """Return the cause where the run itself has waited for the node until the rollback."""
        there = self._present is not None and self._present[0] <= run.started
        if not result.login_failed or not there:
            return ""
        return "the controller could not log in while the node had booted with it"
