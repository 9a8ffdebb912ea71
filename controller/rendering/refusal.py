"""Why a MachineConfig cannot be rendered, in words that mend it."""

from dataclasses import dataclass


def in_config(path: str) -> str:
    """An Ignition config's own JSON path, seen from the MachineConfig that holds it."""
    return f"spec.config{path.removeprefix('$')}"


@dataclass(frozen=True)
class Refusal:
    """One thing that a MachineConfig asks for and nodes cannot be given.

    `path` is a JSON path from the object on: `spec.config.storage.files.0.contents.source`.
    """

    machine_config: str
    path: str
    reason: str
    remedy: str = ""

    def __str__(self) -> str:
        place = ": ".join(filter(None, (self.machine_config, self.path)))
        return f"{place}: {self.reason}" + (f" ({self.remedy})" if self.remedy else "")
