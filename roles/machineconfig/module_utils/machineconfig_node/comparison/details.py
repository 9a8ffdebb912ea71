"""Describes what was desired at a path and what was found there, without contents."""

from __future__ import annotations

from typing import Any, Dict, Iterator

from ..filesystem import extra_rights
from ..manifest.desired_state import DesiredPath

# What is at a path: its type, and the attributes of that type.
State = Dict[str, Any]
# The type of a path below a link, at which nothing is read.
BELOW_LINK = "below a link"
# Hexadecimal digits of a digest, enough to compare by hand.
_DIGITS = 8
# Readable by other users; the digest of any other file is not shown.
_PUBLIC = 0o004


def describe(state: State, desired_path: DesiredPath) -> str:
    """Describe how `state`, which was found, differs from what was desired."""
    entry = desired_path.to_entry()
    if state["type"] == entry["type"] == "file":
        return "; ".join(_of_file(state, desired_path, entry))
    return f"{_thing(entry)} wanted, {_thing(state)} found"


def _of_file(state: State, desired_path: DesiredPath, entry: State) -> Iterator[str]:
    if state["sha256"] != entry["sha256"]:
        yield _of_content(state, desired_path, entry)
    if state["mode"] != entry["mode"]:
        yield f"mode {entry['mode']:04o} wanted, {state['mode']:04o} found"
    for key, name in (("uid", "owner"), ("gid", "group")):
        if state[key] != entry[key]:
            yield f"{name} {entry[key]} wanted, {state[key]} found"
    for name in extra_rights.difference(state.get("extra_rights", {}), {}):
        yield f"no {name} wanted"


def _of_content(state: State, desired_path: DesiredPath, entry: State) -> str:
    if desired_path.sha256:
        # A check has no size.
        return "content"
    sizes = f"content of {len(desired_path.content)} bytes wanted, of {state['size']} bytes found"
    if not state["mode"] & entry["mode"] & _PUBLIC:
        return sizes
    digests = f"{entry['sha256'][:_DIGITS]} and {state['sha256'][:_DIGITS]}"
    return f"{sizes} (SHA-256 {digests})"


def _thing(state: State) -> str:
    if state["type"] == "absent":
        return "nothing"
    if state["type"] == BELOW_LINK:
        return "a link in the place of a folder"
    if state["type"] == "link":
        # Any user may have written the target: quoting makes it one printable word.
        return f"a link to {state['target']!r}"
    return f"a {state['type']}"
