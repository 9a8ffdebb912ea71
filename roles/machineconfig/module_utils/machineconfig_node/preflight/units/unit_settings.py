"""Parses those settings of a unit and its drop-ins that are checked."""

from __future__ import annotations

import collections
from typing import Dict, List

Settings = Dict[str, List[str]]

# The same key means something else in other sections.
_SECTIONS = {"[Unit]", "[Service]", "[Socket]", "[Mount]", "[Swap]", "[Install]"}


def settings(lines: list[str]) -> Settings:
    """Return the values of each key in systemd's order; an empty value resets the list."""
    found: Settings = collections.defaultdict(list)
    section = ""
    for line in _joined(lines):
        key, equals, value = line.partition("=")
        if line.startswith("["):
            section = line
        elif equals and section in _SECTIONS:
            _add(found[key.strip()], value.strip())
    return found


def _add(values: list[str], value: str) -> None:
    if value:
        values.append(value)
    else:
        values.clear()


def _joined(lines: list[str]) -> list[str]:
    """Remove comments, and join lines that end in a backslash with the next line."""
    kept = [line.strip() for line in lines if line.strip()[:1] not in {"#", ";"}]
    return "\n".join(kept).replace("\\\n", " ").split("\n")
