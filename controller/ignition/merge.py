"""The fold of several configs into one, by the rules of Ignition.

What a later config sets wins, and what it leaves unset stays. Objects are merged member by member.
An entry of a keyed list is merged with its namesake and stays where that one stood; new ones
follow. Where lists share a namespace, the later config decides in which of them an entry is.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from controller.ignition.prune import prune
from controller.ignition.schema import CONFIG, Content, Keyed, List, Scalar, Struct, Type

# The items that became one, each from another config, by their key.
_Versions = dict[str, list[Any]]


def merge(*configs: Content) -> Content:
    """Fold one or more valid configs, the later over the earlier; the inputs are left alone.

    The result of valid configs can be invalid: an owner by id in one and by name in another.
    """
    return prune(CONFIG, _merge(CONFIG, configs))


def _merge(struct: Struct, versions: Sequence[Content]) -> Content:
    """Merge all at once: folding pair by pair would copy the first config for each other."""
    said = [version for version in versions if not _is_blank(struct, version)] or versions[-1:]
    if not said:
        return {}
    if len(said) == 1:
        return said[0]
    merged: Content = {}
    for name, kind in struct.fields.items():
        given = [version[name] for version in said if version.get(name) is not None]
        if isinstance(kind, Scalar):
            merged[name] = _last(kind, given, said[-1].get(name))
        elif isinstance(kind, Struct):
            merged[name] = _merge(kind, given)
        elif not isinstance(kind, Keyed):
            merged[name] = [item for items in given for item in items]
    for namespace in struct.namespaces:
        merged |= _merge_namespace(namespace, said)
    return merged


def _is_blank(kind: Type, value: Any) -> bool:  # noqa: ANN401 - as `kind` says
    if isinstance(kind, Struct):
        return all(
            _is_blank(kind.fields[name], value[name]) for name in kind.fields if name in value
        )
    return value in (None, kind.blank) if isinstance(kind, Scalar) else not value


def _last(kind: Scalar, given: Sequence[Any], latest: Any) -> Any:  # noqa: ANN401 - as `kind` says
    """What cannot be unset is as the last config has it, though it be blank there."""
    if kind.blank is not None:
        return latest or kind.blank
    return given[-1] if given else None


def _merge_namespace(namespace: Mapping[str, Keyed], versions: Sequence[Content]) -> Content:
    lists: dict[str, _Versions] = {name: {} for name in namespace}
    for version in versions:
        homes: dict[str, str] = {}
        for name, kind in namespace.items():
            for item in version.get(name) or ():
                homes[kind.key(item)] = name
                _enter(lists[name], kind, item)
        _evict(lists, homes)
    return {name: _merge_items(kind, lists[name]) for name, kind in namespace.items()}


def _enter(items: _Versions, kind: Keyed, item: Any) -> None:  # noqa: ANN401 - as `kind` says
    key = kind.key(item)
    if key in items and kind.removes(item):
        del items[key]
    else:
        items.setdefault(key, []).append(item)


def _evict(lists: Mapping[str, _Versions], homes: Mapping[str, str]) -> None:
    """Take the entries which a config has in one list out of the others."""
    if len(lists) > 1:
        for key, home in homes.items():
            for name, items in lists.items():
                if name != home:
                    items.pop(key, None)


def _merge_items(kind: List, items: _Versions) -> list[Any]:
    if isinstance(kind.of, Struct):
        return [_merge(kind.of, versions) for versions in items.values()]
    return [versions[-1] for versions in items.values()]
