"""A fake `ssh` that runs its command on this machine."""

import shlex
from pathlib import Path

_SSH = """#!/bin/sh
printf '%s\\0' "$@" >> {log}
while [ "$1" != -- ]; do shift; done
shift 2
PATH={folder}:$PATH exec sh -c "$*"
"""
_SUDO = """#!/bin/sh
[ "$1 $2" = "-n --" ] || exit 9
shift 2
exec "$@"
"""


def ssh_to_here(folder: Path, sudo: str = _SUDO) -> str:
    """Create the command, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {"log": shlex.quote(str(folder / "log")), "folder": shlex.quote(str(folder))}
    for name, text in (("ssh", _SSH.format(**paths)), ("sudo", sudo)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return str(folder / "ssh")


def arguments_of(folder: Path) -> list[str]:
    """Return the arguments that the command was given."""
    return (folder / "log").read_text().split("\0")[:-1]
