"""Removal of unset and empty members from configs."""

from collections.abc import Sequence
from typing import Any

from controller.ignition.schema import Content, List, Struct

_UNSET: tuple[Any, ...] = (None, (), [], {})


def prune(struct: Struct, content: Content) -> Content:
    """Return a copy without unset and empty members of objects; list items are kept."""
    pruned: Content = {}
    for name, member in content.items():
        if member in _UNSET or name not in struct.fields:
            continue
        kept = member if isinstance(member, str | int) else _prune_part(struct.fields[name], member)
        if kept != {}:
            pruned[name] = kept
    return pruned


def _prune_part(type_: Any, part: Any) -> Any:  # noqa: ANN401 - a struct or a list, and its content
    if part is type_.blank:
        return {}
    return prune(type_, part) if isinstance(type_, Struct) else _prune_items(type_, part)


def _prune_items(type_: List, items: Sequence[Any]) -> list[Any]:
    if isinstance(type_.of, Struct):
        return [prune(type_.of, item) for item in items]
    return list(items)
