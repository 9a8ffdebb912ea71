"""Validates the syntax of the settings of systemd's own programs, as /etc/systemd/system.conf."""

from __future__ import annotations

import re
from typing import Iterator

from ...base.view import View

_PROGRAMS = ("system", "user", "journald", "logind", "networkd", "resolved", "timesyncd")
# The patterns of the files.
PATHS = tuple(
    f"/etc/systemd/{program}.conf{drop_in}"
    for program in _PROGRAMS
    for drop_in in ("", ".d/*.conf")
)
_LINE = re.compile(r"[#;].*|\[[^][]+\]|[A-Za-z][A-Za-z0-9]*\s*=.*|", re.DOTALL)


def problems(paths: list[str], view: View) -> Iterator[str]:
    """Yield the lines that systemd would ignore."""
    for path in paths:
        # A backslash continues a line.
        text = re.sub(r"\\\n", "\\\\\0", view.read(path))
        for number, line in enumerate(text.split("\n"), start=1):
            if not _LINE.fullmatch(line.strip()):
                yield f"{path}: line {number} is neither a [Section] nor a `Key=value`"
