"""Shows the node as it will be after a change, in a private mount namespace.

A shell holds the namespace. Its root contains everything of the real root, except /tmp. Each folder
that changes is covered by an overlay in memory. Everything is removed when the shell ends, which it
does with this process, however that ends.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import stat
import subprocess
import threading
from functools import partial
from typing import Iterable, Iterator

from ..base.view import ENVIRONMENT, SECONDS, CheckUnavailableError, View
from ..filesystem import image, mounts, safe_paths
from ..manifest import writing
from .changes import Changes
from .paths.writable import nearest_folder

_HOLDER = ["unshare", "--mount", "--propagation=private", "--", "sh", "-ec"]
_READY = "ready"
_LAYERS = "/tmp/.machine-config"  # noqa: S108 - in the private root
# Its /tmp is a mount, because systemd runs generators where everything else is read-only.
_NEW_ROOT = """\
mount -t tmpfs -o mode=0755 machine-config /tmp
for each in /*; do
    if [ -L "$each" ]; then
        cp -P "$each" "/tmp$each"
    elif [ -d "$each" ] && [ "$each" != /tmp ]; then
        mkdir "/tmp$each"
        mount --rbind "$each" "/tmp$each"
    fi
done
mkdir /tmp/tmp
mount -t tmpfs -o mode=1777 machine-config /tmp/tmp
"""
# Relative to the folder itself, because commas and colons in its name would be options.
_OVERLAY = """\
mkdir -p {layers}/upper {layers}/work
cd {folder}
mount -t overlay -o lowerdir=.,upperdir={layers}/upper,workdir={layers}/work overlay /tmp{folder}
"""
_BIND = "mount --rbind {point} /tmp{point} || :\n"
_ENTER = f"""\
cd /tmp
pivot_root . .
umount -l .
echo {_READY}
# Wait until the other end of the pipe is closed.
read -r end
"""


@contextlib.contextmanager
def opened(changes: Changes) -> Iterator[View]:
    """Yield a view of the node with the changes.

    Raises:
        CheckUnavailableError: the node does not permit it, as in some containers.
    """
    mounted = mounts.read()
    folders = _overlaid(changes.places, mounted)
    with _holding(_script(folders, mounted)) as holder:
        root = f"/proc/{holder}/root"
        try:
            _require_separate(root, changes.places)
            for folder in folders:
                _copy_rights(folder, f"{root}{folder}")
            _write_changes(root, changes)
        except (OSError, OverflowError) as error:
            raise CheckUnavailableError(str(error)) from error
        yield View(("nsenter", f"--target={holder}", "--mount", "--"))


def _require_separate(root: str, paths: Iterable[str]) -> None:
    """Raise a CheckUnavailableError if a change below `root` would change the node itself."""
    for path in paths:
        shown = nearest_folder(f"{root}{path}")
        real = shown[len(root) :] or "/"
        missing = contextlib.suppress(FileNotFoundError)
        with missing, safe_paths.open_folder(shown) as inside, safe_paths.open_folder(
            real
        ) as outside:
            if os.fstat(inside).st_dev == os.fstat(outside).st_dev:
                raise CheckUnavailableError(
                    f"an overlay for {path} would change {real} of the node itself"
                )


def _write_changes(root: str, changes: Changes) -> None:
    originals = os.path.join(changes.folder, "originals")
    for path in [*changes.restored_links, *changes.restored]:
        image.restore(f"{root}{path}", changes.original(path), originals)
    for desired in [*changes.writes, *changes.links]:
        writing.write(f"{root}{desired.path}", desired)


@contextlib.contextmanager
def _holding(script: str) -> Iterator[int]:
    """Run the script in a namespace, and yield the process that holds it during the block."""
    try:
        holder = subprocess.Popen(
            [*_HOLDER, script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            env=ENVIRONMENT,
        )
    except OSError as error:
        raise CheckUnavailableError(str(error)) from error
    with holder:
        _wait_until_ready(holder)
        yield holder.pid


def _wait_until_ready(holder: subprocess.Popen[str]) -> None:
    """Raise a CheckUnavailableError with the shell's last line, or after a timeout."""
    last = f"its shell ended without output, or did not finish in {SECONDS} seconds"
    watch = threading.Timer(SECONDS, holder.kill)
    watch.start()
    try:
        for line in holder.stdout or ():
            last = line.strip()
            if last == _READY:
                return
    finally:
        watch.cancel()
    raise CheckUnavailableError(last)


def _script(folders: list[str], mounted: list[mounts.Mount]) -> str:
    parts = [_NEW_ROOT]
    for number, folder in enumerate(folders):
        layers = f"{_LAYERS}/{number}"
        parts.append(_OVERLAY.format(folder=shlex.quote(folder), layers=layers))
        # An overlay does not show the mounts below it.
        parts += [_BIND.format(point=shlex.quote(point)) for point in _inner(folder, mounted)]
    return "".join([*parts, _ENTER])


def _overlaid(paths: Iterable[str], mounted: list[mounts.Mount]) -> list[str]:
    """Return the folders that need an overlay of their own, the outer ones first."""
    found: list[str] = []
    for folder in sorted({each for path in paths for each in _places(path, mounted)}):
        if not any(_shows(outer, folder, mounted) for outer in found):
            found.append(folder)
    return found


def _places(path: str, mounted: list[mounts.Mount]) -> set[str]:
    """Return the folders around the path that need an overlay.

    The outermost is one that only root can rename: a user who moved a folder would move its overlay
    too, and the changes would reach the real folder. An overlay does not show the mounts below it,
    so each of them needs its own. The new root itself is private.
    """
    nearest = nearest_folder(path)
    if nearest == "/":
        return set()
    outermost = safe_paths.exposed_folder(path) or nearest
    if outermost == "/":
        outermost = f"/{path.split('/')[1]}"
    return {outermost} | _between(outermost, nearest, mounted)


def _shows(outer: str, folder: str, mounted: list[mounts.Mount]) -> bool:
    return mounts.is_below(folder, outer) and not _between(outer, folder, mounted)


def _between(outer: str, inner: str, mounted: list[mounts.Mount]) -> set[str]:
    """Return the mount points between `outer` and `inner`."""
    below = {mount.point for mount in mounted if mounts.is_below(mount.point, outer)}
    return {point for point in below - {outer} if mounts.is_below(inner, point)}


def _inner(folder: str, mounted: list[mounts.Mount]) -> list[str]:
    """Return the outermost mounts below the folder; a recursive bind includes the others."""
    found: list[str] = []
    for point in sorted({mount.point for mount in mounted} - {folder}):
        if mounts.is_below(point, folder) and not any(map(partial(mounts.is_below, point), found)):
            found.append(point)
    return found


def _copy_rights(folder: str, shown: str) -> None:
    """Copy the mode and owner of the folder to the overlay, because some tools check them."""
    with safe_paths.open_folder(folder) as outside, safe_paths.open_folder(shown) as inside:
        found = os.fstat(outside)
        os.fchown(inside, found.st_uid, found.st_gid)
        os.fchmod(inside, stat.S_IMODE(found.st_mode))
