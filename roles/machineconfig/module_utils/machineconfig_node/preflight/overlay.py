"""The node as it will stand: its root once more, with the changes over it, seen by nobody else.

A shell holds a mount namespace of its own, in which a new root has all that the real one has, but
for what is in /tmp. Each folder that changes is an overlay, and what is written there stays in
memory. All of it is gone when the shell ends, which it does with us, however we end.
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
from .writable import nearest_folder

_HOLDER = ["unshare", "--mount", "--propagation=private", "--", "sh", "-ec"]
_READY = "ready"
_LAYERS = "/tmp/.machine-config"  # noqa: S108 - in the private root, which nobody else sees
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
mkdir -m 1777 /tmp/tmp
"""
# Relative to the folder itself, since commas and colons in its name would mean something.
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
# Wait until our end of the pipe is closed.
read -r end
"""


@contextlib.contextmanager
def opened(changes: Changes) -> Iterator[View]:
    """The node with the changes, for as long as the block lasts.

    Raises:
        UnprovenError: the node does not let one make it, as some containers do not.
    """
    mounted = mounts.read()
    folders = _overlaid(changes.paths, mounted)
    with _holding(_script(folders, mounted)) as holder:
        root = f"/proc/{holder}/root"
        try:
            _require_separate(root, changes.paths)
            for folder in folders:
                _copy_rights(folder, f"{root}{folder}")
            _write_changes(root, changes)
        except (OSError, OverflowError) as error:
            raise CheckUnavailableError(str(error)) from error
        yield View(("nsenter", f"--target={holder}", "--mount", "--"))


def _require_separate(root: str, paths: Iterable[str]) -> None:
    """Raise UnprovenError where what is done below `root` would be done to the node itself."""
    for path in paths:
        shown = nearest_folder(f"{root}{path}")
        real = shown[len(root) :] or "/"
        missing = contextlib.suppress(FileNotFoundError)
        with missing, safe_paths.open_folder(shown) as inside, safe_paths.open_folder(
            real
        ) as outside:
            if os.fstat(inside).st_dev == os.fstat(outside).st_dev:
                raise CheckUnavailableError(
                    f"a trial of {path} would change {real} of the node itself"
                )


def _write_changes(root: str, changes: Changes) -> None:
    originals = os.path.join(changes.folder, "originals")
    for path in changes.restored:
        image.restore(f"{root}{path}", changes.original(path), originals)
    for desired in changes.writes:
        writing.write(f"{root}{desired.path}", desired)


@contextlib.contextmanager
def _holding(script: str) -> Iterator[int]:
    """The process in whose namespace the script has been run, and which ends with the block."""
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
    """Raise UnprovenError with the shell's last words, or where it is stuck in a mount."""
    last = f"its shell died without a word, or was stuck for {SECONDS} seconds"
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
        # An overlay shows no mounts of what lies under it.
        parts += [_BIND.format(point=shlex.quote(point)) for point in _inner(folder, mounted)]
    return "".join([*parts, _ENTER])


def _overlaid(paths: Iterable[str], mounted: list[mounts.Mount]) -> list[str]:
    """The folders that need an overlay, the outer ones first: not those that another one shows."""
    found: list[str] = []
    for folder in sorted({each for path in paths for each in _places(path, mounted)}):
        if not any(_shows(outer, folder, mounted) for outer in found):
            found.append(folder)
    return found


def _places(path: str, mounted: list[mounts.Mount]) -> set[str]:
    """The folders around the path where an overlay begins.

    The outermost is where nobody but root can rename what it lies over: somebody who moves a
    folder away would take its overlay along, and the changes would reach the real one. It shows
    no mounts below it, so each of those has one of its own. The new root itself is private.
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
    """The points below `outer` of the mounts that a path goes through on its way to `inner`."""
    below = {mount.point for mount in mounted if mounts.is_below(mount.point, outer)}
    return {point for point in below - {outer} if mounts.is_below(inner, point)}


def _inner(folder: str, mounted: list[mounts.Mount]) -> list[str]:
    """The outermost mounts below the folder; each brings along those within it."""
    found: list[str] = []
    for point in sorted({mount.point for mount in mounted} - {folder}):
        if mounts.is_below(point, folder) and not any(map(partial(mounts.is_below, point), found)):
            found.append(point)
    return found


def _copy_rights(folder: str, shown: str) -> None:
    """Give the overlay the mode and owner of the folder: some tools look at them."""
    with safe_paths.open_folder(folder) as outside, safe_paths.open_folder(shown) as inside:
        found = os.fstat(outside)
        os.fchown(inside, found.st_uid, found.st_gid)
        os.fchmod(inside, stat.S_IMODE(found.st_mode))
