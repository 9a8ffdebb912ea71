"""The merge of several configs into one, by the rules of Ignition.

Later configs win, and unset members keep the earlier value. Objects are merged member by member. An
entry of a keyed list is merged with the entry of the same key, at its position; new ones follow. If
lists share a namespace, the later config decides to which of them an entry belongs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from controller.ignition.prune import prune
from controller.ignition.schema import CONFIG, Content, Keyed, List, Scalar, Struct, Type

# By key, the items of several configs that are merged into one.
_Versions = dict[str, list[Any]]


def merge(*configs: Content) -> Content:
    """Merge one or more valid configs, later ones over earlier ones, without modifying them.

    The result can be invalid: for example an owner by id in one config and by name in another.
    """
    return prune(CONFIG, _merge(CONFIG, configs))


def _merge(struct: Struct, versions: Sequence[Content]) -> Content:
    """Merge all at once: pair by pair, the first config would be copied for each other one."""
    relevant = [version for version in versions if not _is_blank(struct, version)] or versions[-1:]
    if not relevant:
        return {}
    if len(relevant) == 1:
        return relevant[0]
    merged: Content = {}
    for name, type_ in struct.fields.items():
        given = [version[name] for version in relevant if version.get(name) is not None]
        if isinstance(type_, Scalar):
            merged[name] = _last(type_, given, relevant[-1].get(name))
        elif isinstance(type_, Struct):
            merged[name] = _merge(type_, given)
        elif not isinstance(type_, Keyed):
            merged[name] = [item for items in given for item in items]
    for namespace in struct.namespaces:
        merged |= _merge_namespace(namespace, relevant)
    return merged


def _is_blank(type_: Type, value: Any) -> bool:  # noqa: ANN401 - depends on `type_`
    if isinstance(type_, Struct):
        return all(
            _is_blank(type_.fields[name], value[name]) for name in type_.fields if name in value
        )
    return value in (None, type_.blank) if isinstance(type_, Scalar) else not value


def _last(type_: Scalar, given: Sequence[Any], latest: Any) -> Any:  # noqa: ANN401 - depends on `type_`
    """Return the last value; of a member that cannot be unset even a blank one."""
    if type_.blank is not None:
        return latest or type_.blank
    return given[-1] if given else None


def _merge_namespace(namespace: Mapping[str, Keyed], versions: Sequence[Content]) -> Content:
    lists: dict[str, _Versions] = {name: {} for name in namespace}
    for version in versions:
        owners: dict[str, str] = {}
        for name, type_ in namespace.items():
            for item in version.get(name) or ():
                owners[type_.key(item)] = name
                _enter(lists[name], type_, item)
        _evict(lists, owners)
    return {name: _merge_items(type_, lists[name]) for name, type_ in namespace.items()}


def _enter(items: _Versions, type_: Keyed, item: Any) -> None:  # noqa: ANN401 - depends on `type_`
    key = type_.key(item)
    if key in items and type_.removes(item):
        del items[key]
    else:
        items.setdefault(key, []).append(item)


def _evict(lists: Mapping[str, _Versions], owners: Mapping[str, str]) -> None:
    """Remove entries that a config has in one list from the other lists."""
    if len(lists) > 1:
        for key, owner in owners.items():
            for name, items in lists.items():
                if name != owner:
                    items.pop(key, None)


def _merge_items(type_: List, items: _Versions) -> list[Any]:
    if isinstance(type_.of, Struct):
        return [_merge(type_.of, versions) for versions in items.values()]
    return [versions[-1] for versions in items.values()]
