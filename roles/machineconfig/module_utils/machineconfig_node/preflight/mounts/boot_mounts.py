"""Whether the next boot can mount a file system that fstab or a mount unit describes.

A local file system that cannot be mounted ends the boot in emergency mode, without sshd.
"""

from __future__ import annotations

import dataclasses
import os
from typing import Container, Iterator

from ...base.view import View
from ...filesystem import mounts
from .. import kubelet
from . import mount_options

# What a boot, a login, a rollback and the kubelet need.
_VITAL = (
    "/etc",
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/boot",
    "/root",
    "/home",
    "/var/lib/dpkg",
    "/var/lib/rpm",
    "/var/lib/etcd",
    "/var/lib/kubelet",
    "/var/lib/machine-config",
)
_OF_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "ceph", "glusterfs", "9p", "virtiofs", "afs"}
_TAGS = {"UUID", "LABEL", "PARTUUID", "PARTLABEL"}
# The nearest thing that exists at or above the mount point is a folder.
_CAN_BE_MADE = 'p=$1; while [ ! -e "$p" ] && [ ! -L "$p" ]; do p=$(dirname "$p"); done; [ -d "$p" ]'
# The kernel asks for the first name, which modules of others may lack. It needs modprobe for it.
_HAS_MODULE = """
command -v modprobe > /dev/null && { modprobe -n -q -- "fs-$1" || modprobe -n -q -- "$1"; }
"""


@dataclasses.dataclass(frozen=True)
class BootMount:
    """A file system or swap space, by its source, mount point, type and options."""

    source: str
    point: str
    type: str
    options: tuple[str, ...]

    @property
    def is_swap(self) -> bool:
        """Whether it is swap space, which has no mount point."""
        return self.type == "swap"

    @property
    def is_manual(self) -> bool:
        """Whether no boot mounts it."""
        return "noauto" in self.options

    @property
    def is_optional(self) -> bool:
        """Whether a boot continues without it."""
        lazy = any(each.startswith("x-systemd.automount") for each in self.options)
        return self.is_manual or lazy or "nofail" in self.options

    @property
    def is_bind(self) -> bool:
        """Whether its source is a path that is mounted once more."""
        return bool({"bind", "rbind"} & set(self.options))

    @property
    def is_of_network(self) -> bool:
        """Whether only the network has its source."""
        return self.type in _OF_NETWORK or "_netdev" in self.options


def problems(mount: BootMount, view: View, made_by_boot: Container[str] = ()) -> Iterator[str]:
    """Yield why the boot could not mount it; sources `made_by_boot` need not exist yet."""
    if not mount.is_manual:
        yield from _place_problems(mount, view)
        yield from _type_problems(mount, view)
        if mount.is_swap and kubelet.refuses_swap(view):
            yield f"the kubelet would not start with the swap space {mount.source} (failSwapOn)"
    if not mount.is_optional and mount.source not in made_by_boot and is_missing(mount, view):
        yield f"{mount.source}, the source of {_name(mount)}, does not exist: the boot would fail"


def needed_now() -> list[str]:
    """Return the mount points without which the machine would lack vital folders."""
    points = dict.fromkeys(each.point for each in mounts.read() if not each.is_volatile)
    if not _is_root_read_only_at_first():
        points.pop("/", None)
    return [point for point in points if _vital_below(point)]


def _is_root_read_only_at_first() -> bool:
    """Whether the root file system stays read-only unless a line of fstab makes it writable."""
    with open("/proc/cmdline", encoding="utf-8", errors="replace") as stream:
        return "ro" in stream.read().split()


def is_missing(mount: BootMount, view: View) -> bool:
    """Whether the source does not exist, as far as the node can know."""
    tag, equals, _ = mount.source.partition("=")
    if mount.is_of_network or mount.source.startswith("/dev/zram"):
        return False
    if equals and tag in _TAGS:
        return view.run("findfs", mount.source.replace('"', "")).failed
    if mount.type.partition(".")[0] == "fuse":
        # What the source means is known to its program alone, as of several folders in one.
        return False
    needs_source = mount.is_bind or mount.is_swap or _known_types().get(mount.type, True)
    is_path = mount.source.startswith("/")
    return needs_source and is_path and view.run("test", "-e", mount.source).failed


def _name(mount: BootMount) -> str:
    return "the swap space" if mount.is_swap else mount.point


def _place_problems(mount: BootMount, view: View) -> Iterator[str]:
    if mount.is_swap:
        return
    point = mount.point
    if not point.startswith("/"):
        yield f"{point!r} is not an absolute path"
        return
    if not mount.is_bind and view.run("sh", "-c", _CAN_BE_MADE, "sh", point).failed:
        yield f"{point} cannot be a mount point: something else than a folder is in its place"
    shows_itself = mount.is_bind and mount.source == point
    hidden = [] if shows_itself else _vital_below(point)
    if hidden and point not in {each.point for each in mounts.read()}:
        yield f"{point}, which is not a mount point now, would hide {', '.join(hidden)}"


def _vital_below(point: str) -> list[str]:
    below = [each for each in _VITAL if mounts.is_below(each, point)]
    return [each for each in below if os.path.isdir(each) and os.listdir(each)]


def _type_problems(mount: BootMount, view: View) -> Iterator[str]:
    is_open = mount.type == "auto" or "," in mount.type
    if mount.is_swap or mount.is_bind or is_open or _helper(mount, view):
        return
    known = _known_types()
    if mount.type in known:
        for option, why in mount_options.refused(mount.type, mount.options):
            yield f"{mount.type} refuses the option {option} of {mount.point}: {why}"
    elif view.run("sh", "-c", _HAS_MODULE, "sh", mount.type).failed:
        helper = f"/sbin/mount.{mount.type}"
        yield f"the kernel knows no type {mount.type}, as of {mount.point}, and {helper} is missing"


def _helper(mount: BootMount, view: View) -> bool:
    """Whether a program of its own mounts the type, and so reads its options.

    mount(8) also looks for it without the subtype, as of fuse.s3fs.
    """
    names = dict.fromkeys((mount.type, mount.type.partition(".")[0]))
    return any(view.has(f"/sbin/mount.{each}") for each in names)


def _known_types() -> dict[str, bool]:
    """Return the types that the kernel has loaded, and whether they have a device."""
    with open("/proc/filesystems", encoding="ascii") as stream:
        return {line.split()[-1]: not line.startswith("nodev") for line in stream}
