"""Detection of entries with the same key in one config."""

from collections.abc import Iterator

from controller.ignition.report import Entry, error
from controller.ignition.schema import Content, Struct


def duplicates(struct: Struct, content: Content) -> Iterator[Entry]:
    """Yield an error for each entry with the key of an earlier entry in its namespace."""
    for namespace in struct.namespaces:
        seen: set[str] = set()
        for name, type_ in namespace.items():
            for index, item in enumerate(content[name]):
                key = type_.key(item)
                if key in seen:
                    yield error(f"{name}.{index}", "duplicate entry defined")
                seen.add(key)
