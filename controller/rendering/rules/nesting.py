"""A limit for the nesting of configs, because their processing is recursive."""

from typing import Any, Final

# An Ignition config has ten levels.
MAX_DEPTH: Final = 64


def is_too_deep(value: Any) -> bool:  # noqa: ANN401 - plain data
    """Whether objects and lists are nested more than `MAX_DEPTH` levels deep."""
    layer: list[Any] = [[value]]
    for _ in range(MAX_DEPTH + 1):
        members = (
            member
            for each in layer
            for member in (each.values() if isinstance(each, dict) else each)
        )
        layer = [each for each in members if isinstance(each, dict | list)]
    return bool(layer)
