"""Configs without what they do not say."""

from collections.abc import Sequence
from typing import Any

from controller.ignition.schema import Content, List, Struct

_UNSET: tuple[Any, ...] = (None, (), [], {})


def prune(struct: Struct, content: Content) -> Content:
    """Return a copy without the members of objects that are unset or empty; lists keep theirs."""
    pruned: Content = {}
    for name, member in content.items():
        if member in _UNSET or name not in struct.fields:
            continue
        kept = member if isinstance(member, str | int) else _prune_part(struct.fields[name], member)
        if kept != {}:
            pruned[name] = kept
    return pruned


def _prune_part(kind: Any, part: Any) -> Any:  # noqa: ANN401 - a struct or a list, and its content
    if part is kind.blank:
        return {}
    return prune(kind, part) if isinstance(kind, Struct) else _prune_items(kind, part)


def _prune_items(kind: List, items: Sequence[Any]) -> list[Any]:
    if isinstance(kind.of, Struct):
        return [prune(kind.of, item) for item in items]
    return list(items)
