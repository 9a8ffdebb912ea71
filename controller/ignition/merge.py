"""The fold of several configs into one, by the rules of Ignition.

What a later config sets wins, and what it leaves unset stays. Objects are merged member by member.
An entry of a keyed list is merged with its namesake and stays where that one stood; new ones
follow. Where lists share a namespace, the later config decides in which of them an entry is.
"""

from functools import reduce
from typing import Any

from controller.ignition.decode import prune
from controller.ignition.schema import CONFIG, Content, Keyed, Repeated, Scalar, Struct


def merge(*configs: Content) -> Content:
    """Fold one or more valid configs, the later over the earlier; the inputs are left alone.

    The result of valid configs can be invalid: an owner by id in one and by name in another.
    """
    folded: Content = prune(reduce(_merge_config, configs))
    return folded


def _merge_config(earlier: Content, later: Content) -> Content:
    return _merge_struct(CONFIG, earlier, later)


def _merge_struct(struct: Struct, earlier: Content, later: Content) -> Content:
    merged: Content = {}
    for name, kind in struct.fields.items():
        old, new = earlier.get(name), later.get(name)
        match kind:
            case Scalar(default=None):
                merged[name] = old if new is None else new
            case Scalar(default=default):
                merged[name] = default if new is None else new
            case Struct():
                merged[name] = _merge_struct(kind, old or {}, new or {})
            case Repeated():
                merged[name] = [*(old or []), *(new or [])]
    for namespace in struct.namespaces():
        merged |= _merge_namespace(namespace, earlier, later)
    return merged


def _merge_namespace(namespace: dict[str, Keyed], earlier: Content, later: Content) -> Content:
    replacements = {
        kind.key(item): (name, item)
        for name, kind in namespace.items()
        for item in later.get(name) or []
    }
    merged: Content = {}
    for name, kind in namespace.items():
        olds, news = earlier.get(name) or [], later.get(name) or []
        merged[name] = []
        for old in olds:
            home, new = replacements.get(kind.key(old), (name, None))
            if new is None:
                merged[name].append(old)
            elif home == name and not kind.removes(new):
                merged[name].append(_merge_item(kind.of, old, new))
        known = {kind.key(old) for old in olds}
        merged[name] += [new for new in news if kind.key(new) not in known]
    return merged


def _merge_item(kind: Scalar | Struct, old: Any, new: Any) -> Any:  # noqa: ANN401 - as `kind` says
    return _merge_struct(kind, old, new) if isinstance(kind, Struct) else new
