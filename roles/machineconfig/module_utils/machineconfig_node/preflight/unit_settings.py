"""The settings that a unit's text and its drop-ins make, as far as a check asks for them."""

from __future__ import annotations

import collections
from typing import Dict, List

Settings = Dict[str, List[str]]

# Where a process is described: what stands in another section is something else.
_SECTIONS = {"[Service]", "[Socket]", "[Mount]", "[Swap]"}


def settings(lines: list[str]) -> Settings:
    """The values of each key in the order in which systemd reads them; an empty one begins anew."""
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
    """Without comments, and with lines that end in a backslash and the next ones as one."""
    kept = [line.strip() for line in lines if line.strip()[:1] not in {"#", ";"}]
    return "\n".join(kept).replace("\\\n", " ").split("\n")
