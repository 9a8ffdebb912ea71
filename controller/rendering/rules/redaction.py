"""Redaction of warnings: a typing error can turn contents into a key, which would be logged."""

import re
from typing import Final

from controller.ignition import Entry
from controller.rendering.refusal import Problem

_KEY: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_UNUSED: Final = re.compile(r"unused key (?P<key>.*?)(; did you mean \w+\?)?", re.DOTALL)


def redact(warning: Entry) -> Problem:
    """Return path, reason and remedy of a warning, without a key that looks like contents."""
    unused = _UNUSED.fullmatch(warning.message)
    if unused is None or _KEY.fullmatch(unused["key"]):
        return warning.path, warning.message, ""
    key = unused["key"]
    reason = f"an unused key of {len(key)} characters"
    return warning.path.removesuffix(f".{key}"), reason, "check the braces, commas and quotes"
