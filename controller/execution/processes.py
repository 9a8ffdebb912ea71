"""The descendants of a process, from /proc."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_KIB: Final = 1024
# An option in the command line of every ssh that a run starts.
_NODE: Final = b"HostKeyAlias="
_PROC: Final = Path("/proc")


@dataclass(frozen=True)
class Process:
    """One process, with its private memory and what it has read so far, in bytes.

    `node` is the one that an ssh is connected to; an ssh that only keeps a connection open for
    later ones has none.
    """

    pid: int
    parent: int
    memory: int
    read: int
    node: str = ""


def descendants(root: int) -> Iterator[Process]:
    """Return the descendants of `root`, each after its parent; those that just end are left out."""
    for pid in children(root):
        with suppress(OSError):
            yield Process(pid, root, _memory(pid), _number(pid, "io", "rchar:"), _node(pid))
        yield from descendants(pid)


def children(pid: int) -> list[int]:
    """Return the children of a process, whichever of its threads has started them."""
    found: list[int] = []
    with suppress(OSError):
        for thread in (_PROC / str(pid) / "task").iterdir():
            found += map(int, (thread / "children").read_text().split())
    return found


def _memory(pid: int) -> int:
    return _number(pid, "status", "RssAnon:") * _KIB


def _number(pid: int, file: str, key: str) -> int:
    """Return a number that the kernel counts; 0 for a process that has ended and is not reaped."""
    for line in (_PROC / str(pid) / file).read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1])
    return 0


def _node(pid: int) -> str:
    words = (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    named = (word.rpartition(_NODE)[2] for word in words if word.startswith(_NODE))
    return next(named, b"").decode(errors="replace")
