"""Two entries with the same key in one config are an error, at the later one."""

from collections.abc import Iterator

from controller.ignition.report import Entry, error
from controller.ignition.schema import Content, Struct


def duplicates(struct: Struct, content: Content) -> Iterator[Entry]:
    """Yield an error for each entry whose key an earlier entry of its namespace has."""
    for namespace in struct.namespaces:
        seen: set[str] = set()
        for name, kind in namespace.items():
            for index, item in enumerate(content[name]):
                key = kind.key(item)
                if key in seen:
                    yield error(f"{name}.{index}", "duplicate entry defined")
                seen.add(key)
