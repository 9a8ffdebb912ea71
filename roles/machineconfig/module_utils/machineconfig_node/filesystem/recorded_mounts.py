"""Mounts that are recorded while all is well, to be mounted again where a boot did not.

The caller has a mount namespace of its own, so that nobody else notices.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from typing import Iterable, NamedTuple

from ..base.errors import NodeError
from .mounts import VOLATILE, is_below, unescaped

_DEVICES = "/dev/disk/by-uuid"
# The units of the watchdog are there, so a boot that starts it has them; on systems with images it
# may have those of another image, which are right.
_ALWAYS = {"/", "/etc"}
# A server may not answer.
_TIMEOUT = 300.0
# Others are only the kernel's way to print its defaults, and not all of them can be passed to it.
_KEPT_OPTIONS = ("subvol=", "logdev=", "zfsutil")


class RecordedMount(NamedTuple):
    """One mount, and what is needed to mount it again; `root` is the mounted part of the source."""

    point: str
    type: str
    source: str
    uuid: str
    root: str
    options: str


def of(paths: Iterable[str]) -> list[RecordedMount]:
    """Return the mounts that contain the paths and that a boot may lack, the outer ones first."""
    wanted = list(paths)
    return [
        mount
        for mount in sorted(read().values())
        if mount.point not in _ALWAYS
        and mount.type not in {*VOLATILE, "autofs"}
        and any(is_below(path, mount.point) for path in wanted)
    ]


def read() -> dict[str, RecordedMount]:
    """Return the visible mount at each mount point."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as stream:
        found = [_parsed(line) for line in stream]
    # A later mount covers an earlier one.
    return {mount.point: mount for mount in found}


def mount_missing(recorded: Iterable[RecordedMount], needed: str) -> list[str]:
    """Mount what is recorded and not mounted, or covered by another file system.

    Return what failed: the disk or the server may be gone, or be what is wrong with this boot.

    Raises:
        NodeError: the file system of the path `needed` cannot be mounted.
    """
    failed: list[str] = []
    for wanted in recorded:
        there = read()
        if _is_same(there.get(wanted.point), wanted):
            continue
        try:
            _mount(wanted, there)
        except NodeError as error:
            if is_below(needed, wanted.point):
                raise
            failed.append(error.cause)
    return failed


def make_writable(paths: Iterable[str]) -> None:
    """Mount the file systems of the paths read-write where they are read-only.

    Raises:
        NodeError: that failed.
    """
    for path in paths:
        around = path
        while not os.path.isdir(around):
            around = os.path.dirname(around)
        if os.statvfs(around).f_flag & os.ST_RDONLY:
            mounts = [each for each in read().values() if is_below(around, each.point)]
            here = max(mounts, key=lambda each: len(each.point))
            # With the source given, /etc/fstab is not read, which may be what is wrong.
            _require(["mount", "-o", "remount,rw", "--", here.source, here.point], here.point)


def _mount(wanted: RecordedMount, there: dict[str, RecordedMount]) -> None:
    if wanted.root != "/" and "subvol=" not in wanted.options:
        _bind(wanted, there)
        return
    source = f"UUID={wanted.uuid}" if wanted.uuid else wanted.source
    options = ",".join(["rw", *_kept(wanted.options)])
    words = ["mount", "-t", wanted.type, "-o", options, "--", source, wanted.point]
    _require(words, wanted.point)


def _bind(wanted: RecordedMount, there: dict[str, RecordedMount]) -> None:
    """Mount the recorded part of a file system, which may have to be mounted first."""
    for each in there.values():
        if _has_same_source(each, wanted) and is_below(wanted.root, each.root):
            part = os.path.relpath(wanted.root, each.root)
            _require(
                ["mount", "--bind", "--", os.path.join(each.point, part), wanted.point],
                wanted.point,
            )
            return
    scratch = tempfile.mkdtemp(prefix="machine-config-", dir="/run")
    whole = wanted._replace(point=scratch, root="/")
    _mount(whole, there)
    _bind(wanted, {scratch: whole})


def _is_same(found: RecordedMount | None, wanted: RecordedMount) -> bool:
    return found is not None and found.root == wanted.root and _has_same_source(found, wanted)


def _has_same_source(found: RecordedMount, wanted: RecordedMount) -> bool:
    """Whether it is the same file system; the names of disks may change with a boot."""
    if found.type != wanted.type:
        return False
    if found.uuid and wanted.uuid:
        return found.uuid == wanted.uuid
    return os.path.realpath(found.source) == os.path.realpath(wanted.source)


def _parsed(line: str) -> RecordedMount:
    before, _, after = line.partition(" - ")
    root, point = (unescaped(each) for each in before.split()[3:5])
    # A source may be empty.
    kind, source, options = after.rstrip("\n").split(" ")[:3]
    source = unescaped(source)
    return RecordedMount(point, kind, source, _uuid(source), root, ",".join(_kept(options)))


def _kept(options: str) -> list[str]:
    return [each for each in options.split(",") if each.startswith(_KEPT_OPTIONS)]


def _uuid(source: str) -> str:
    """Return the UUID of the file system on a block device; empty if it is not known."""
    if not source.startswith("/dev/") or not os.path.isdir(_DEVICES):
        return ""
    device = os.path.realpath(source)
    names = os.listdir(_DEVICES)
    return next((n for n in names if os.path.realpath(f"{_DEVICES}/{n}") == device), "")


def _require(words: list[str], point: str) -> None:
    remedy = "mount it on the console"
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=_TIMEOUT)
    except subprocess.TimeoutExpired as error:
        cause = f"{point} cannot be mounted: timed out after {_TIMEOUT:.0f} s"
        raise NodeError(cause, remedy) from error
    if done.returncode:
        cause = " ".join(done.stderr.split())
        raise NodeError(f"{point} cannot be mounted: {cause}", remedy)
