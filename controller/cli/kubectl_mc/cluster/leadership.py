"""Whether a controller leads, as its Lease shows it; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

from controller.api.json_object import Json
from controller.cli.kubectl_mc.terminal.console import Line
from controller.cli.kubectl_mc.terminal.durations import age
from controller.cli.kubectl_mc.terminal.entries import Entry

# The Lease has the time of the controller's clock, which may differ from the caller's.
_CLOCK_SKEW: Final = timedelta(seconds=30)
_REMEDY: Final = "start machineconfig-controller; if it runs, its log shows why it does not lead"


@dataclass(frozen=True)
class Leadership:
    """Whether a controller leads; None if that is unknown for the reason `error`.

    `since` is when a controller last led; None if one leads, or none has ever led.
    """

    leads: bool | None = True
    since: datetime | None = None
    error: str = ""

    @classmethod
    def of(cls, lease: Mapping[str, Any] | None, now: datetime) -> Self:
        """Read the Lease, None if there is none."""
        spec = (lease or {}).get("spec") or {}
        if not spec.get("renewTime"):
            return cls(leads=False)
        renewed = datetime.fromisoformat(spec["renewTime"])
        duration = timedelta(seconds=spec.get("leaseDurationSeconds") or 0)
        if spec.get("holderIdentity") and now <= renewed + duration + _CLOCK_SKEW:
            return cls(leads=True)
        return cls(leads=False, since=renewed)

    def _absence(self, now: datetime) -> str:
        """Describe since when no controller leads; empty if one does, or if that is unknown."""
        if self.leads is not False:
            return ""
        if self.since is None:
            return "no controller leads, and the Lease records no earlier leader"
        return (
            f"no controller has led since {self.since:%Y-%m-%d %H:%M:%S}Z ({age(now - self.since)})"
        )

    def warning(self, now: datetime) -> tuple[Line, ...]:
        """Return a warning if no controller leads."""
        absence = self._absence(now)
        if not absence:
            return ()
        effect = f": {absence}: nothing is being done, and this output may be out of date"
        return [("warning", "bold yellow"), effect], [f"  {_REMEDY}"]

    def entries(self, now: datetime) -> Iterator[Entry]:
        """Yield the warning, or a note that leadership is unknown, for output that is watched."""
        if warning := self.warning(now):
            yield Entry("leader", self.since, warning, "a controller leads")
        if self.error:
            line = [(f"unknown whether a controller leads: {self.error}", "dim")]
            yield Entry("leader", self.error, (line,), "a controller leads")

    def document(self) -> Json:
        """Return JSON."""
        return {"leads": self.leads, "since": self.since.isoformat() if self.since else None}
