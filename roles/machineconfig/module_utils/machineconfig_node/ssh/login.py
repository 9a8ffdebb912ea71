"""The SSH login of the user who started this run."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pwd

_VARIABLE = b"SSH_CONNECTION="
_WORDS = 4  # the client's address and port, and those of sshd


@dataclasses.dataclass(frozen=True)
class Login:
    """A user, the client's address, and the address and port of the sshd that was used."""

    user: str
    client: str
    address: str
    port: int


def find() -> Login | None:
    """Return the login that started this process; None if it was not over SSH."""
    found, process = None, os.getpid()
    with contextlib.suppress(OSError, KeyError, ValueError):
        # sudo and its children belong to root; the user's own shell is above them.
        while process > 1:
            found = _of(process) or found
            process = _parent(process)
    return found


def _of(process: int) -> Login | None:
    with open(f"/proc/{process}/environ", "rb") as stream:
        variables = stream.read().split(b"\0")
    value = next((each for each in variables if each.startswith(_VARIABLE)), b"")
    words = value[len(_VARIABLE) :].decode("ascii").split()
    if len(words) != _WORDS:
        return None
    user = pwd.getpwuid(os.stat(f"/proc/{process}").st_uid).pw_name
    return Login(user, words[0], words[2], int(words[3]))


def _parent(process: int) -> int:
    with open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as stream:
        # The name may contain spaces and brackets.
        return int(stream.read().rpartition(")")[2].split()[1])
