"""Whether this boot is about to end: a shutdown was ordered, by anyone, and has not happened yet.

logind has it while it waits for inhibitors, and then systemd as jobs. What happens in between must
be left alone: the node restarts with the disk as it is.
"""

from __future__ import annotations

import dataclasses

from ..base.errors import TransientError
from . import logind, systemctl

# The targets that end a boot, and what logind calls it.
_TARGETS = {
    "reboot.target": "reboot",
    "kexec.target": "kexec",
    "soft-reboot.target": "soft-reboot",
    "poweroff.target": "poweroff",
    "halt.target": "halt",
    "exit.target": "exit",
}
_SHUTDOWN = "shutdown.target"
_ENDS = {"poweroff", "halt", "exit"}
# The kernel stays, and with it the boot ID; or no other boot follows.
_NO_OTHER_BOOT = {"soft-reboot", *_ENDS}


@dataclasses.dataclass(frozen=True)
class Shutdown:
    """A shutdown that is pending: its `kind`, and what it waits for, as far as that is known."""

    kind: str
    waits_for: str

    @property
    def is_reboot(self) -> bool:
        """Whether another boot follows by itself; assumed where the kind is not known."""
        return self.kind not in _NO_OTHER_BOOT

    def __str__(self) -> str:
        name = f"{self.kind or 'shutdown'} of the node is pending"
        return f"a {name}: it waits for {self.waits_for}" if self.waits_for else f"a {name}"


def pending() -> Shutdown | None:
    """Return the shutdown that was ordered in this boot; None if there is none."""
    return _in_jobs(systemctl.jobs()) or _in_logind(logind.schedule())


def refuse_while_pending() -> None:
    """Raise a TransientError while a shutdown is pending, because nothing may be changed then."""
    shutdown = pending()
    if shutdown:
        raise TransientError(str(shutdown), remedy(shutdown))


def remedy(shutdown: Shutdown) -> str:
    """Return what an administrator can do about a shutdown that is pending."""
    if shutdown.kind in _ENDS:
        return "start the node again after it; the next run resumes"
    return (
        "wait until it is over: then the next run resumes; on the node, `systemctl list-jobs` "
        "and `systemd-inhibit --list` show what it waits for"
    )


def _in_jobs(jobs: list[systemctl.Job]) -> Shutdown | None:
    started = [each.unit for each in jobs if each.type == "start"]
    if not {_SHUTDOWN, *_TARGETS} & set(started):
        return None
    kind = next((_TARGETS[unit] for unit in started if unit in _TARGETS), "")
    running = [each for each in jobs if each.state == "running"]
    return Shutdown(kind, ", ".join(map(_described, running)))


def _described(job: systemctl.Job) -> str:
    """Return the job as a text that stays the same, so without its duration."""
    since = systemctl.show([job.unit], ["StateChangeTimestamp"])[0].get("StateChangeTimestamp")
    return f"the {job.type} of {job.unit}" + (f" (since {since})" if since else "")


def _in_logind(schedule: logind.Schedule | None) -> Shutdown | None:
    if schedule is None or not schedule.has_begun:
        return None
    names = ", ".join(map(str, logind.inhibitors("delay")))
    return Shutdown(schedule.kind, f"the inhibitors {names}" if names else "")
