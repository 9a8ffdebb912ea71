"""Whether the next boot can mount everything in /etc/fstab, and nothing vital is left out."""

from __future__ import annotations

from typing import Iterator, NamedTuple

from ...base.view import View
from ...filesystem import mounts
from ...systemd import unit_paths
from . import boot_mounts, crypttab, mount_options
from .boot_mounts import BootMount

PATH = "/etc/fstab"
_FEWEST = 3  # source, mount point and type
_MOST = 6
_REMEDY = "fix the line, or add the option `nofail`"


class _Line(NamedTuple):
    number: int
    fields: list[str]


def problems(_: list[str], view: View) -> Iterator[str]:
    """Yield the problems of the table in the view."""
    lines = list(_lines(view.read(PATH)))
    complete = [each for each in lines if _FEWEST <= len(each.fields) <= _MOST]
    for line in lines:
        if line not in complete:
            yield f"{PATH}: line {line.number} has {len(line.fields)} fields instead of 3 to 6"
    found = {line.number: _mount(line) for line in complete}
    made_by_boot = _made_by_boot(list(found.values()), view)
    for number, mount in found.items():
        for problem in boot_mounts.problems(mount, view, made_by_boot):
            yield f"{PATH}: line {number}: {problem} ({_REMEDY})"
    yield from _left_out({each.point for each in found.values() if not each.is_manual}, view)


def _lines(text: str) -> Iterator[_Line]:
    for number, line in enumerate(text.split("\n"), start=1):
        fields = _without_comment(line.split())
        if fields:
            yield _Line(number, fields)


def _without_comment(fields: list[str]) -> list[str]:
    """Return the fields before a comment; a source or mount point may contain the character."""
    ends = (at for at, each in enumerate(fields) if each.startswith("#") and at not in {1, 2, 3})
    return fields[: next(ends, len(fields))]


def _mount(line: _Line) -> BootMount:
    source, point, kind = (mounts.unescaped(each) for each in line.fields[:_FEWEST])
    options = line.fields[_FEWEST] if len(line.fields) > _FEWEST else ""
    return BootMount(source, point, kind, mount_options.split(options))


def _made_by_boot(found: list[BootMount], view: View) -> set[str]:
    """Return the sources that exist only after another line was mounted, or a disk unlocked."""
    points = [each.point for each in found if each.point.startswith("/") and each.point != "/"]
    below = {
        each.source
        for each in found
        for point in points
        if mounts.is_below(each.source, point) and each.point != point
    }
    return below | {f"/dev/mapper/{name}" for name in crypttab.names(view)}


def _left_out(points: set[str], view: View) -> Iterator[str]:
    for point in boot_mounts.needed_now():
        if point not in points and not view.has(_unit_path(point)):
            yield (
                f"{PATH}: {point} is a mount point that the machine needs now, and no line mounts"
                " it (keep its line)"
            )


def _unit_path(point: str) -> str:
    name = point.strip("/").replace("-", "\\x2d").replace("/", "-") or "-"
    return f"{unit_paths.UNIT_FOLDER}/{name}.mount"
