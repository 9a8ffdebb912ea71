"""Why a MachineConfig cannot be rendered, in words that mend it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """One thing that a MachineConfig asks for and nodes cannot be given.

    `path` is a JSON path below `spec.config`, such as `$.storage.files.0.contents.source`.
    """

    machine_config: str
    path: str
    reason: str
    remedy: str = ""

    def __str__(self) -> str:
        place = f"{self.machine_config}: spec.config{self.path.removeprefix('$')}"
        return f"{place}: {self.reason}" + (f" ({self.remedy})" if self.remedy else "")
