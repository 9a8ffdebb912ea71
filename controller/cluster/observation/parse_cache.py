"""A cache of parsed objects, so that a pass parses only objects that changed.

Each pass still lists all objects. The key is an object's uid and resourceVersion, never an event.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from controller.api.json_object import Json

Parsed = TypeVar("Parsed")


class ParseCache(Generic[Parsed]):
    """Parses the items of a list; holds those of the last list."""

    def __init__(self, parse: Callable[[Json], Parsed]) -> None:
        self._parse = parse
        self._parsed: dict[tuple[str, str], Parsed] = {}

    def __call__(self, items: Iterable[Json]) -> Iterator[Parsed]:
        """Yield each item of a list, parsed; drop objects that are not in it."""
        parsed: dict[tuple[str, str], Parsed] = {}
        for item in items:
            metadata = item["metadata"]
            version = (metadata["uid"], metadata["resourceVersion"])
            known = self._parsed.get(version)
            parsed[version] = self._parse(item) if known is None else known
            yield parsed[version]
        self._parsed = parsed
