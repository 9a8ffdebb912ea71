"""Rules for the partitions of a disk, alone and beside each other."""

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
    """A partition that shall not exist says nothing else."""
    given = partition["typeGuid"] or partition["guid"]
    placed = any(partition[name] is not None for name in ("label", "startMiB", "sizeMiB"))
    if partition["shouldExist"] is False and (given or placed):
        yield error("", "shouldExist specified false with other options also specified")


def partition_label_fits(partition: Content) -> Iterator[Entry]:
    """A label fits into the partition table and passes through sgdisk."""
    label = partition["label"] or ""
    if len(label.encode()) > _LONGEST_LABEL:
        yield error("label", "partition labels may not exceed 36 characters")
    elif ":" in label:
        yield error("label", "partition label will be truncated to text before the colon")


def guids_are_well_formed(partition: Content) -> Iterator[Entry]:
    """GUIDs are written as hexadecimal digits in groups."""
    for name in ("guid", "typeGuid"):
        if partition[name] and not _GUID.fullmatch(partition[name]):
            yield error(name, 'doesn\'t match the form "01234567-89AB-CDEF-EDCB-A98765432101"')


def partitions_get_on(disk: Content) -> Iterator[Entry]:
    """Partitions have different numbers, labels and places; this is asked of a named disk only."""
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
    """Return the place of the first value that stood before."""
    seen: set[Hashable] = set()
    for place, value in enumerate(values):
        if value in seen:
            return place
        if value is not None:
            seen.add(value)
    return None


def _overlapping(partitions: list[Content]) -> int | None:
    """Return the place of the first partition that overlaps with the first that overlaps at all."""
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
    """Yield the places of the spans, sorted by their start, that overlap with another."""
    furthest: tuple[int, int] | None = None
    for start, end, place in spans:
        if furthest and start <= furthest[0]:
            yield place
            yield furthest[1]
        furthest = max(furthest or (end, place), (end, place))


def _end(partition: Content) -> int:
    """Return the last MiB; of a partition that takes what there is, only the first is known."""
    return int(partition["startMiB"] + max(partition["sizeMiB"] - 1, 0))
