"""A disk that keeps only what was synced before a power cut.

It records the calls by which a program changes and syncs names, while the kernel performs
them. A name is durable after a sync of its folder, and a content after a sync of its file. A power
cut may lose any part of the rest, in any order: more than with most file systems, and as much
as POSIX allows.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Content:
    """A regular file: its bytes, and the attributes that are restored with an original."""

    data: bytes
    mode: int = 0o600
    mtime: int = 0
    xattrs: tuple[tuple[str, bytes], ...] = ()

    @classmethod
    def of(cls, path: str) -> Content:
        """Read it from a disk."""
        found = os.stat(path)  # noqa: PTH116 - what is recorded are strings
        xattrs = ((name, os.getxattr(path, name)) for name in sorted(os.listxattr(path)))
        data = Path(path).read_bytes()
        return cls(data, stat.S_IMODE(found.st_mode), found.st_mtime_ns, tuple(xattrs))

    def put(self, path: Path) -> None:
        """Write it to a disk."""
        path.write_bytes(self.data)
        path.chmod(self.mode)
        for name, value in self.xattrs:
            os.setxattr(path, name, value)
        os.utime(path, ns=(self.mtime, self.mtime))


# A file that was never synced may have any content.
TORN = Content(b"\0\0\0")
_FEW = 6
# The options with the open folder to which each path of a call is relative.
_FOLDERS = {
    "rename": ("src_dir_fd", "dst_dir_fd"),
    "replace": ("src_dir_fd", "dst_dir_fd"),
    "symlink": ("", "dir_fd"),
}


@dataclass(eq=False)
class File:
    """A regular file, and its content after a power cut."""

    synced: Content = TORN


@dataclass(eq=False)
class Link:
    """A symbolic link, which exists completely or not at all."""

    target: str


@dataclass(eq=False)
class Folder:
    """A folder: the visible names, and the durable ones."""

    seen: dict[str, Inode] = field(default_factory=dict)
    synced: dict[str, Inode] = field(default_factory=dict)


Inode = File | Link | Folder
# What is at a path: a file's content, a link's target, or None for a folder.
Found = Content | str | None
State = Mapping[str, Found]
Doubt = tuple[Folder, str]


@dataclass(frozen=True)
class Moment:
    """The moment before a call: the call, its path, and the durable state."""

    call: str
    path: str
    synced: State


class Disk:
    """Everything below a folder, with every state that a power cut may leave."""

    def __init__(self, root: Path) -> None:
        """Everything that exists at the start is durable."""
        self.root = root.resolve()
        self.moments: list[Moment] = []
        self._top = _all_of(self.root)
        self._states: dict[frozenset[tuple[str, Found]], str] = {}

    def listen(self, patch: pytest.MonkeyPatch) -> None:
        """Record every change from now on."""
        self._remember("the beginning")
        for name in ("mkdir", "rmdir", "unlink", "remove", "rename", "replace", "symlink", "open"):
            patch.setattr(os, name, self._heard(name, getattr(self, f"_{name}")))
        patch.setattr(os, "fsync", self._heard("fsync", self._fsync))

    def states(self) -> Iterator[tuple[str, State]]:
        """Return every state that a power cut may leave, each once, with its moment."""
        return ((word, dict(state)) for state, word in self._states.items())

    def power_up(self, state: State) -> None:
        """Bring the folder to the state."""
        for path in sorted(self.root.rglob("*"), reverse=True):
            if path.is_symlink() or not path.is_dir():
                path.unlink()
            elif state.get(self._name(str(path)), TORN) is not None:
                path.rmdir()
        for name, kept in sorted(state.items()):
            path = self.root / name
            if kept is None:
                path.mkdir(exist_ok=True)
            elif isinstance(kept, str):
                path.symlink_to(kept)
            else:
                kept.put(path)

    def synced(self) -> State:
        """Return the durable state."""
        return dict(_walk(self._top, lambda folder: folder.synced))

    def _heard(self, name: str, note: Callable[..., None]) -> Callable[..., Any]:
        real = getattr(os, name)

        def call(*words: Any, **options: Any) -> Any:  # noqa: ANN401 - as the call has them
            named = [os.fspath(each) for each in words if isinstance(each, str | Path)]
            folders = (options.get(each) for each in _FOLDERS.get(name, ("dir_fd",)))
            paths = [*map(_absolute, named, folders)] or [_of(words[0])]
            if paths and self._is_here(paths[-1]):
                self.moments.append(Moment(name, self._name(paths[-1]), self.synced()))
            result = real(*words, **options)
            if paths and self._is_here(paths[-1]):
                note(*([words[1]] if name == "open" else []), *paths)
                self._remember(f"{name} {self._name(paths[-1])}")
            return result

        return call

    def _mkdir(self, path: str) -> None:
        folder, name = self._place(path)
        folder.seen[name] = Folder()

    def _rmdir(self, path: str) -> None:
        folder, name = self._place(path)
        del folder.seen[name]

    _unlink = _remove = _rmdir

    def _rename(self, old: str, new: str) -> None:
        (before, name), (after, new_name) = self._place(old), self._place(new)
        after.seen[new_name] = before.seen.pop(name)

    _replace = _rename

    def _symlink(self, target: str, path: str) -> None:
        folder, name = self._place(path)
        folder.seen[name] = Link(target)

    def _open(self, flags: int, path: str) -> None:
        if flags & os.O_CREAT:
            folder, name = self._place(path)
            folder.seen.setdefault(name, File())

    def _fsync(self, path: str) -> None:
        inode = self._at(path)
        if isinstance(inode, Folder):
            inode.synced = dict(inode.seen)
        elif isinstance(inode, File):
            inode.synced = Content.of(path)

    def _remember(self, when: str) -> None:
        doubts = list(_doubts(self._top))
        # With many undurable names, as when a whole folder is removed, not every subset is tried.
        singles = doubts if len(doubts) <= _FEW else []
        sure: list[list[Doubt]] = [[], doubts]
        sure += [[each] for each in singles]
        sure += [[other for other in doubts if other is not each] for each in singles]
        for come in sure:
            state = frozenset(_walk(self._top, partial(_kept, come)))
            self._states.setdefault(state, f"after {when}, {len(come)} of {len(doubts)} names kept")

    def _at(self, path: str) -> Inode:
        inode: Inode = self._top
        for name in Path(path).relative_to(self.root).parts:
            assert isinstance(inode, Folder)
            inode = inode.seen[name]
        return inode

    def _place(self, path: str) -> tuple[Folder, str]:
        place = Path(path)
        folder = self._at(str(place.parent))
        assert isinstance(folder, Folder)
        return folder, place.name

    def _is_here(self, path: str) -> bool:
        return path.startswith(f"{self.root}{os.sep}")

    def _name(self, path: str) -> str:
        return path[len(str(self.root)) + 1 :]


def _all_of(path: Path) -> Folder:
    names = {each.name: _found(each) for each in path.iterdir()}
    return Folder(names, dict(names))


def _found(path: Path) -> Inode:
    if path.is_symlink():
        return Link(str(path.readlink()))
    return _all_of(path) if path.is_dir() else File(Content.of(str(path)))


def _walk(
    top: Inode, names: Callable[[Folder], Mapping[str, Inode]], path: str = ""
) -> Iterator[tuple[str, Found]]:
    for name, inode in names(top).items() if isinstance(top, Folder) else ():
        place = f"{path}{name}"
        if isinstance(inode, Folder):
            yield place, None
            yield from _walk(inode, names, f"{place}/")
        else:
            yield place, inode.target if isinstance(inode, Link) else inode.synced


def _doubts(top: Folder) -> Iterator[Doubt]:
    """Yield the names that a power cut may leave in their current or their last synced state."""
    names = {**top.synced, **top.seen}
    yield from ((top, name) for name in names if top.synced.get(name) is not top.seen.get(name))
    folders = {id(each): each for each in (*top.synced.values(), *top.seen.values())}
    for each in folders.values():
        if isinstance(each, Folder):
            yield from _doubts(each)


def _kept(come: list[Doubt], folder: Folder) -> Mapping[str, Inode]:
    names = dict(folder.synced)
    for where, name in come:
        if where is folder:
            if name in folder.seen:
                names[name] = folder.seen[name]
            else:
                names.pop(name, None)
    return names


def _absolute(path: str, folder: int | None) -> str:
    """Return the absolute path of a call, which may be relative to an open folder."""
    return path if folder is None else f"{_of(folder)}/{path}"


def _of(descriptor: int) -> str:
    return os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 - same
