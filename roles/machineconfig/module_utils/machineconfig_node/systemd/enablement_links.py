"""The links that make a unit enabled for systemd.

They are in the folders `*.wants`, `*.requires` and `*.upholds`, and as aliases beside the unit
files. A link with the unit's own name only leads to a unit file elsewhere (`systemctl link`): like
a mask, it enables nothing.
"""

from __future__ import annotations

import os
from typing import Dict, Iterator

from . import unit_paths

_DEPENDENCIES = (".wants", ".requires", ".upholds")

# The target of each link, by its path.
Links = Dict[str, str]


def of(unit: str) -> Links:
    """Return the links on this node that enable the unit, permanently or until the next boot."""
    found = {**in_folder(unit_paths.UNIT_FOLDER), **in_folder(unit_paths.RUNTIME_FOLDER)}
    return {path: target for path, target in found.items() if _enables(path, target, unit)}


def in_folder(folder: str) -> Links:
    """Return all enablement links in a folder of units."""
    found = ((path, _target(path)) for path in _places(folder))
    return {path: to for path, to in found if to and _is_enablement(path, to, folder)}


def is_dependency_folder(folder: str) -> bool:
    """Whether the folder contains the dependencies of a unit."""
    return folder.endswith(_DEPENDENCIES)


def keep_spelling(path: str, target: str, before: str = "") -> str:
    """Return the target as the existing link, or the link `before`, spells it, if it is the same.

    Targets with the same base name are the same unit file.
    """
    there = _target(path)
    same = (each for each in (there, before) if os.path.basename(each) == os.path.basename(target))
    return next(same, target)


def _target(path: str) -> str:
    """Return the target of the link; empty if there is no link."""
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _places(folder: str) -> Iterator[str]:
    for path in _inside(folder):
        yield path
        if is_dependency_folder(path):
            yield from _inside(path)


def _inside(folder: str) -> Iterator[str]:
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return (os.path.join(folder, name) for name in sorted(names))


def _is_enablement(path: str, target: str, folder: str) -> bool:
    if target == unit_paths.MASK:
        return False
    is_own = os.path.basename(target) == os.path.basename(path)
    return os.path.dirname(path) != folder or not is_own


def _enables(path: str, target: str, unit: str) -> bool:
    is_dependency = is_dependency_folder(os.path.dirname(path))
    return os.path.basename(target) == unit or (is_dependency and os.path.basename(path) == unit)
