"""What is mounted where on this node."""

from __future__ import annotations

import dataclasses
import re

VOLATILE = {"tmpfs", "ramfs", "devtmpfs", "proc", "sysfs"}


@dataclasses.dataclass(frozen=True)
class Mount:
    """One mount: its place, the kind of its file system, and its options."""

    point: str
    kind: str
    options: str

    @property
    def is_volatile(self) -> bool:
        """Whether nothing in it outlasts a boot."""
        return self.kind in VOLATILE

    @property
    def is_read_only(self) -> bool:
        """Whether nothing in it can be written."""
        return "ro" in self.options.split(",")


def read() -> list[Mount]:
    """All mounts, in the order in which they were made."""
    with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as stream:
        lines = [line.split() for line in stream]
    return [Mount(_unescaped(words[1]), words[2], words[3]) for words in lines]


def containing(folder: str, mounts: list[Mount]) -> Mount:
    """The mount that `folder` is in; of two at one point the later one covers the other."""
    around = (mount for mount in reversed(mounts) if is_below(folder, mount.point))
    return max(around, key=lambda mount: len(mount.point))


def is_below(path: str, point: str) -> bool:
    """Whether `path` is `point`, or is somewhere in it."""
    return point in {"/", path} or path.startswith(f"{point}/")


def _unescaped(point: str) -> str:
    """The kernel writes blanks and backslashes as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found.group(1), 8)), point)
