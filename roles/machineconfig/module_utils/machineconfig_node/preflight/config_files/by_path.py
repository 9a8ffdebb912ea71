"""Validates configuration files by the program that reads them, before they are written."""

from __future__ import annotations

import collections
import fnmatch
import os
from functools import partial
from typing import Callable, Iterable, Iterator, List

from ...base.view import View
from ..mounts import crypttab, fstab
from . import accounts, host_name, kernel_modules, manager_settings, pam, programs, sudoers, sysctl

# Yields the problems of some files in the view.
Check = Callable[[List[str], View], Iterable[str]]


def _tool(*words: str, quotes: bool = False) -> Check:
    """Return a check by a tool that validates the whole configuration of a file.

    If the tool `quotes` lines of the file, only its lines that begin with a path are reported,
    because the file may contain secrets.
    """

    def check(paths: list[str], view: View) -> Iterator[str]:
        result = view.run(*words)
        lines = [line for line in result.lines if line.startswith("/") or not quotes]
        if result.failed:
            which = f"`{' '.join(words)}` reports for {', '.join(paths)}"
            yield from (f"{which}: {line}" for line in lines)

    return check


def _sysctl(paths: list[str], view: View) -> Iterator[str]:
    for path in paths:
        yield from (f"{path}: {problem}" for problem in sysctl.problems(view.read(path)))


def _sudoers(paths: list[str], view: View) -> Iterator[str]:
    yield from _VISUDO(paths, view)
    for path in paths:
        # sudo and visudo ignore these names.
        if "." not in os.path.basename(path) and not path.endswith("~"):
            yield from sudoers.problems(path, view)


def _accounts(paths: list[str], view: View) -> Iterator[str]:
    yield from accounts.problems(paths, view)
    # sshd has a user of its own, as whom no process runs between logins.
    yield from _SSHD(paths, view)


_SSHD = _tool("sshd", "-t")
# With -f, it does not require the mode that sudo does not require either; it also ignores the
# owner and mode that sudo does require.
_VISUDO = _tool("visudo", "-c", "-f", "/etc/sudoers", quotes=True)

# The first pattern that matches a path decides.
KNOWN: tuple[tuple[str, Check], ...] = (
    (fstab.PATH, fstab.problems),
    (crypttab.PATH, crypttab.problems),
    (host_name.PATH, host_name.problems),
    ("/etc/modules", kernel_modules.problems),
    ("/etc/modules-load.d/*.conf", kernel_modules.problems),
    *((path, manager_settings.problems) for path in manager_settings.PATHS),
    ("/etc/passwd", _accounts),
    ("/etc/group", _accounts),
    ("/etc/shadow", _accounts),
    ("/etc/gshadow", _accounts),
    ("/etc/nsswitch.conf", _accounts),
    ("/etc/pam.d/*", pam.problems),
    ("/etc/ld.so.*", programs.problems),
    ("/usr/bin/*", programs.problems),
    ("/usr/sbin/*", programs.problems),
    ("/usr/lib*", programs.problems),
    ("/bin/*", programs.problems),
    ("/sbin/*", programs.problems),
    ("/lib*", programs.problems),
    ("/etc/ssh/sshd_config", _SSHD),
    ("/etc/ssh/sshd_config.d/*.conf", _SSHD),
    ("/etc/sudoers", _sudoers),
    ("/etc/sudoers.d/*", _sudoers),
    ("/etc/sysctl.conf", _sysctl),
    ("/etc/sysctl.d/*.conf", _sysctl),
    ("/etc/nftables.conf", _tool("nft", "-c", "-f", "/etc/nftables.conf", quotes=True)),
)


def checks(paths: list[str]) -> Iterator[Callable[[View], Iterable[str]]]:
    """Return the checks for these paths, each once."""
    found: dict[Check, list[str]] = collections.defaultdict(list)
    for path in paths:
        check = next((each for pattern, each in KNOWN if fnmatch.fnmatchcase(path, pattern)), None)
        if check:
            found[check].append(path)
    return (partial(check, its) for check, its in found.items())
