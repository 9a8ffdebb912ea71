"""The reason why a MachineConfig cannot be rendered, and the remedy."""

from dataclasses import dataclass

Problem = tuple[str, str, str]  # JSON path in an Ignition config, reason and remedy


def in_config(path: str) -> str:
    """Return the path in a MachineConfig of a JSON path in its Ignition config."""
    return f"spec.config{path.removeprefix('$')}"


@dataclass(frozen=True)
class Refusal:
    """One part of a MachineConfig that is invalid or not supported.

    `path` is its JSON path in the object: `spec.config.storage.files.0.contents.source`.
    """

    machine_config: str
    path: str
    reason: str
    remedy: str = ""

    def __str__(self) -> str:
        place = ": ".join(filter(None, (self.machine_config, self.path)))
        return f"{place}: {self.reason}" + (f" ({self.remedy})" if self.remedy else "")
