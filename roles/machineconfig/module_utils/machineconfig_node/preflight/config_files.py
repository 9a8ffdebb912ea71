"""Files whose readers are known, and how to ask, before they read them, whether they can."""

from __future__ import annotations

import collections
import fnmatch
import os
from functools import partial
from typing import Callable, Iterable, Iterator, List

from ..base.view import View
from . import sudoers, sysctl

# What speaks against some files, as the view shows them.
Check = Callable[[List[str], View], Iterable[str]]


def _tool(*words: str, quotes: bool = False) -> Check:
    """A tool that proves the whole configuration that a file is part of.

    One that `quotes` lines of the file has only those lines of its own told that name a place:
    what stands in a file may be a secret.
    """

    def check(paths: list[str], view: View) -> Iterator[str]:
        said = view.run(*words)
        lines = [line for line in said.lines if line.startswith("/") or not quotes]
        if said.failed:
            which = f"`{' '.join(words)}` says of {', '.join(paths)}"
            yield from (f"{which}: {line}" for line in lines)

    return check


def _sysctl(paths: list[str], view: View) -> Iterator[str]:
    for path in paths:
        yield from (f"{path}: {problem}" for problem in sysctl.problems(view.read(path)))


def _sudoers(paths: list[str], view: View) -> Iterator[str]:
    yield from _VISUDO(paths, view)
    for path in paths:
        # sudo passes over these names, and visudo does too.
        if "." not in os.path.basename(path) and not path.endswith("~"):
            yield from sudoers.problems(path, view)


_SSHD = _tool("sshd", "-t")
# With the file named, it does not ask for a mode that sudo itself does not ask for, nor for the
# rights that sudo does ask for.
_VISUDO = _tool("visudo", "-c", "-f", "/etc/sudoers", quotes=True)

# The first pattern that a path has decides.
KNOWN: tuple[tuple[str, Check], ...] = (
    ("/etc/ssh/sshd_config", _SSHD),
    ("/etc/ssh/sshd_config.d/*.conf", _SSHD),
    ("/etc/sudoers", _sudoers),
    ("/etc/sudoers.d/*", _sudoers),
    ("/etc/sysctl.conf", _sysctl),
    ("/etc/sysctl.d/*.conf", _sysctl),
    ("/etc/nftables.conf", _tool("nft", "-c", "-f", "/etc/nftables.conf", quotes=True)),
)


def checks(paths: list[str]) -> Iterator[Callable[[View], Iterable[str]]]:
    """The checks that these paths ask for, each once."""
    found: dict[Check, list[str]] = collections.defaultdict(list)
    for path in paths:
        check = next((each for pattern, each in KNOWN if fnmatch.fnmatchcase(path, pattern)), None)
        if check:
            found[check].append(path)
    return (partial(check, its) for check, its in found.items())
