"""Whether the kernel accepts the options of a file system; nothing is mounted.

The kernel's calls to mount step by step, fsopen and fsconfig, refuse an unknown option before a
device is opened.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
from typing import Iterable, Iterator

# The numbers of the system calls, and of the commands of fsconfig.
_FSOPEN, _FSCONFIG = 430, 431
_SET_FLAG, _SET_STRING = 0, 1
_LONGEST = 4096
# What mount(8), systemd or another part of the kernel reads instead of the file system, names that
# mount(8) translates, and folders that may not exist yet.
_GENERIC = re.compile(
    r"""
    (?:no|un)?(?:auto|user|users|owner|group|suid|dev|exec|atime|diratime|relatime|strictatime
        |lazytime|iversion|mand|fail|symfollow)
    | defaults | ro | rw | a?sync | dirsync | remount | silent | loud | _netdev | r?bind
    | r?(?:private|shared|slave|unbindable) | (?:x-|X-|verity\.).*
    | (?:loop|offset|sizelimit|encryption|helper|uhelper|comment|pri|(?:fs|def|root)?context
        |users?|uid|gid|(?:lower|upper|work|data)dir\+?)
        (?:=.*)?
    """,
    re.VERBOSE | re.DOTALL,
)


def split(options: str) -> tuple[str, ...]:
    """Return the single options; a comma between quotes is a part of a value."""
    found = re.findall(r'(?:"[^"]*"|[^,"])+', options)
    return tuple(each.strip().replace('"', "") for each in found)


def refused(file_system: str, options: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the name of each option that the kernel refuses for this type, with its reason.

    The value may be a secret.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    context = libc.syscall(_FSOPEN, file_system.encode(), 0)
    if context < 0:
        # An older kernel, or missing rights.
        return
    try:
        for option in options:
            if not _GENERIC.fullmatch(option):
                yield from _refusal(libc, context, option)
    finally:
        os.close(context)


def _refusal(libc: ctypes.CDLL, context: int, option: str) -> Iterator[tuple[str, str]]:
    key, equals, value = option.partition("=")
    command, given = (_SET_STRING, value.encode()) if equals else (_SET_FLAG, None)
    if libc.syscall(_FSCONFIG, context, command, key.encode(), given, 0):
        reason = os.strerror(ctypes.get_errno())
        yield key, _message(context) or reason


def _message(context: int) -> str:
    """Return the kernel's last message without its level and the name of the type.

    Warnings of options that were accepted precede it.
    """
    text = ""
    with contextlib.suppress(OSError):
        while message := os.read(context, _LONGEST):
            text = message.decode(errors="replace")
    return text.strip().partition(": ")[2]
