"""Whether the programs that a boot, a login and a rollback need still run."""

from __future__ import annotations

import os
import sys
from typing import Iterator

from ...base.view import View

PRELOAD = "/etc/ld.so.preload"
_INIT = "/sbin/init"
_COMMANDS = (
    ("/bin/sh", "-c", "exit 0"),
    ("/usr/lib/systemd/systemd", "--version"),
    ("systemctl", "--version"),
    ("mount", "--version"),
    ("sshd", "-t"),
    ("sudo", "-V"),
    (sys.executable, "-c", ""),
)


def problems(paths: list[str], view: View) -> Iterator[str]:
    """Yield the programs that would not run any more, with the first line of their error."""
    changed = ", ".join(paths)
    for command in _COMMANDS:
        result = view.run(*command)
        if result.failed:
            why = "".join(f": {line}" for line in result.lines[:1])
            yield f"{changed}: `{' '.join(command)}` would fail{why}"
    init = os.path.basename("".join(view.run("readlink", "-f", _INIT).lines))
    if init not in {"systemd", ""}:
        yield f"{changed}: {_INIT} would be {init} instead of systemd"
    for library in view.read(PRELOAD).split():
        if not view.has(library):
            yield f"{PRELOAD}: {library} does not exist"
