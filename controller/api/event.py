"""A Kubernetes Event, before it is posted."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Event:
    """An Event about one object; `reason` is one CamelCase word, `warning` selects its type."""

    kind: str
    name: str
    uid: str | None
    reason: str
    message: str
    warning: bool = False

    @classmethod
    def on_node(cls, name: str, reason: str, message: str, *, warning: bool = False) -> Self:
        """Return an Event about a Node, which needs no uid."""
        return cls("Node", name, None, reason, message, warning)
