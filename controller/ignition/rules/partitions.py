"""Rules for the partitions of a disk, each alone and all together."""

import re
from collections.abc import Hashable, Iterable, Iterator

from controller.ignition.report import Entry, error
from controller.ignition.schema import Content

_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_LONGEST_LABEL = 36


def partition_is_identified(partition: Content) -> Iterator[Entry]:
    """A partition has a number or a label."""
    if not partition["number"] and partition["label"] is None:
        yield error("", "a partition number >= 1 or a label must be specified")


def absent_partition_has_no_properties(partition: Content) -> Iterator[Entry]:
    """A partition with shouldExist false has no other properties."""
    given = partition["typeGuid"] or partition["guid"]
    placed = any(partition[name] is not None for name in ("label", "startMiB", "sizeMiB"))
    if partition["shouldExist"] is False and (given or placed):
        yield error("", "shouldExist specified false with other options also specified")


def partition_label_fits(partition: Content) -> Iterator[Entry]:
    """A label fits into the partition table and is accepted by sgdisk."""
    label = partition["label"] or ""
    if len(label.encode()) > _LONGEST_LABEL:
        yield error("label", "partition labels may not exceed 36 characters")
    elif ":" in label:
        yield error("label", "partition label will be truncated to text before the colon")


def guids_are_well_formed(partition: Content) -> Iterator[Entry]:
    """GUIDs are hexadecimal digits in groups."""
    for name in ("guid", "typeGuid"):
        if partition[name] and not _GUID.fullmatch(partition[name]):
            yield error(name, 'doesn\'t match the form "01234567-89AB-CDEF-EDCB-A98765432101"')


def partitions_do_not_conflict(disk: Content) -> Iterator[Entry]:
    """Partitions differ in number, label and position; only checked for a disk with a device."""
    partitions = disk["partitions"]
    if not disk["device"]:
        return
    for place, message in (
        (_repeated(part["number"] for part in partitions), "partition numbers collide"),
        (_overlapping(partitions), "partitions overlap"),
        (
            _repeated(part["label"] for part in partitions),
            "cannot use the same partition label twice",
        ),
    ):
        if place is not None:
            yield error(f"partitions.{place}", message)


def _repeated(values: Iterable[Hashable | None]) -> int | None:
    """Return the index of the first value that is a duplicate."""
    seen: set[Hashable] = set()
    for place, value in enumerate(values):
        if value in seen:
            return place
        if value is not None:
            seen.add(value)
    return None


def _overlapping(partitions: list[Content]) -> int | None:
    """Return the index of the first partition that overlaps with the first overlapping one."""
    spans = [
        (part["startMiB"], _end(part), place)
        for place, part in enumerate(partitions)
        if part["startMiB"] and part["sizeMiB"] is not None
    ]
    first = min(_in_conflict(sorted(spans)), default=None)
    if first is None:
        return None
    start, end, _ = next(span for span in spans if span[2] == first)
    return next(
        place for begin, last, place in spans if place != first and begin <= end and start <= last
    )


def _in_conflict(spans: list[tuple[int, int, int]]) -> Iterator[int]:
    """Yield the indices of the spans, sorted by their start, that overlap with another."""
    furthest: tuple[int, int] | None = None
    for start, end, place in spans:
        if furthest and start <= furthest[0]:
            yield place
            yield furthest[1]
        furthest = max(furthest or (end, place), (end, place))


def _end(partition: Content) -> int:
    """Return the last MiB; for a partition of size 0, which takes the rest, the first one."""
    return int(partition["startMiB"] + max(partition["sizeMiB"] - 1, 0))
