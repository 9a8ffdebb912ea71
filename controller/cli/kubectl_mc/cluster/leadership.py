"""Whether a controller leads, as its Lease shows it to somebody who is none; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

from controller.api.json_object import Json
from controller.cli.kubectl_mc.terminal.age import age
from controller.cli.kubectl_mc.terminal.console import Line
from controller.cli.kubectl_mc.terminal.entries import Entry

# The Lease holds the time of the controller's clock, and it is read by another one.
_CLOCKS: Final = timedelta(seconds=30)
_REMEDY: Final = "start machineconfig-controller; where it runs, its log says why it does not lead"


@dataclass(frozen=True)
class Leadership:
    """Whether a controller leads, None where that is not known and `unseen` says why.

    `since` is when a controller led last; None where one leads, or none ever has.
    """

    leads: bool | None = True
    since: datetime | None = None
    unseen: str = ""

    @classmethod
    def of(cls, lease: Mapping[str, Any] | None, now: datetime) -> Self:
        """What the Lease says; None for one that is not there."""
        spec = (lease or {}).get("spec") or {}
        if not spec.get("renewTime"):
            return cls(leads=False)
        renewed = datetime.fromisoformat(spec["renewTime"])
        lasts = timedelta(seconds=spec.get("leaseDurationSeconds") or 0)
        if spec.get("holderIdentity") and now <= renewed + lasts + _CLOCKS:
            return cls(leads=True)
        return cls(leads=False, since=renewed)

    def nobody(self, now: datetime) -> str:
        """That nobody leads, and since when; empty where somebody does, or it is not known."""
        if self.leads is not False:
            return ""
        if self.since is None:
            return "no controller leads, and no Lease says since when"
        return (
            f"no controller has led since {self.since:%Y-%m-%d %H:%M:%S}Z ({age(now - self.since)})"
        )

    def warning(self, now: datetime) -> tuple[Line, ...]:
        """What a person is told where nobody leads."""
        nobody = self.nobody(now)
        if not nobody:
            return ()
        said = f": {nobody}: nothing is being done, and what is shown may be out of date"
        return [("warning", "bold yellow"), said], [f"  {_REMEDY}"]

    def entries(self, now: datetime) -> Iterator[Entry]:
        """The same for somebody who looks at how things stand, and that it was not looked at."""
        if warning := self.warning(now):
            yield Entry("leader", self.since, warning, "a controller leads")
        if self.unseen:
            line = [(f"whether a controller leads is not known: {self.unseen}", "dim")]
            yield Entry("leader", self.unseen, (line,), "a controller leads")

    def document(self) -> Json:
        """The same for programs."""
        return {"leads": self.leads, "since": self.since.isoformat() if self.since else None}
