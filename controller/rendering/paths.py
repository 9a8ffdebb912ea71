"""Paths on a node, as text: Ignition has made sure that they are absolute and clean."""

from collections.abc import Iterator
from typing import Final

UNIT_FOLDER: Final = "/etc/systemd/system"


def parents(path: str) -> Iterator[str]:
    """The folders above `path`, the nearest first; `/` is not among them."""
    while path := path.rpartition("/")[0]:
        yield path
