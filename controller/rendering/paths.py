"""Paths on a node as text; Ignition validated that they are absolute and clean."""

from collections.abc import Iterator
from typing import Final

UNIT_FOLDER: Final = "/etc/systemd/system"


def parents(path: str) -> Iterator[str]:
    """Return the directories above `path`, the nearest first, without `/`."""
    while path := path.rpartition("/")[0]:
        yield path
