"""What objects of a kind were parsed to, so that a pass parses only those that have changed.

A pass still lists them all: this knows an object by its uid and its version, and never by an event.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from controller.cluster.api_server import Json

Parsed = TypeVar("Parsed")


class ParseCache(Generic[Parsed]):
    """The objects of the last list, as they were parsed."""

    def __init__(self, parse: Callable[[Json], Parsed]) -> None:
        """Nothing was parsed yet."""
        self._parse = parse
        self._parsed: dict[tuple[str, str], Parsed] = {}

    def __call__(self, items: Iterable[Json]) -> Iterator[Parsed]:
        """Each item of a list, parsed; forget what is not in it."""
        parsed: dict[tuple[str, str], Parsed] = {}
        for item in items:
            metadata = item["metadata"]
            version = (metadata["uid"], metadata["resourceVersion"])
            known = self._parsed.get(version)
            parsed[version] = self._parse(item) if known is None else known
            yield parsed[version]
        self._parsed = parsed
