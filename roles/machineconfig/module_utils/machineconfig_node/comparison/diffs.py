"""The changes in the form that Ansible shows with --diff.

Contents are shown only if every user on the node may read them, before and after; otherwise size
and digest are shown.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import stat
from typing import Dict, Iterator

from ..base.errors import BelowLinkError
from ..filesystem import image, safe_paths
from ..manifest.desired_state import DesiredPath, DesiredState
from ..record.node_record import FOLDER, Record
from . import compare

Diff = Dict[str, str]
_FOR_ALL = 0o004
# Larger files are not shown.
_LONGEST = 1 << 17


@dataclasses.dataclass(frozen=True)
class Side:
    """A path before or after the change: its content, and its other attributes as text."""

    content: bytes = b""
    mode: int = _FOR_ALL
    attributes: str = ""

    @property
    def text(self) -> str | None:
        """The content, if every user may read it and a terminal can show it."""
        if not self.mode & _FOR_ALL or len(self.content) > _LONGEST or b"\0" in self.content:
            return None
        try:
            return self.content.decode()
        except UnicodeDecodeError:
            return None

    @property
    def digest(self) -> str:
        """The size and digest of a content that is not shown."""
        if not self.content:
            return ""
        digest = hashlib.sha256(self.content).hexdigest()
        return f"({len(self.content)} bytes, sha256 {digest})\n"


def of_change(desired: DesiredState, record: Record, folder: str = FOLDER) -> list[Diff]:
    """Return a diff for each path, unit and set of keys that changes."""
    restored = compare.to_restore(desired, record).items()
    unchanged = {path: entry for path, entry in restored if compare.matches(path, entry)}
    return [*_written(desired), *of_restored(unchanged, folder), *_keys(desired, record)]


def of_restored(entries: dict[str, compare.Entry], folder: str = FOLDER) -> list[Diff]:
    """Return a diff for each of these paths, whose originals are restored."""
    originals = {path: _original(entry["original"], folder) for path, entry in entries.items()}
    return [_diff(path, _on_disk(path), original) for path, original in originals.items()]


def _written(desired: DesiredState) -> Iterator[Diff]:
    for each in compare.of_disk(desired):
        if each.path:
            yield _diff(each.path, _on_disk(each.path), _to_be(desired.paths[each.path]))
    for link in desired.links.values():
        if not compare.matches(link.path, link.to_entry()):
            yield _diff(link.path, _on_disk(link.path), _to_be(link))


def _keys(desired: DesiredState, record: Record) -> Iterator[Diff]:
    before, after = list(record.keys.get("keys", [])), desired.keys
    if before != after:
        user = desired.user if after else record.keys["user"]
        yield _summary(
            f"managed SSH keys of {user}", _digest_of_keys(before), _digest_of_keys(after)
        )


def _digest_of_keys(keys: list[str]) -> str:
    if not keys:
        return "none"
    digest = hashlib.sha256("\n".join(keys).encode()).hexdigest()
    return f"{len(keys)} in all, sha256 {digest}"


def _on_disk(path: str) -> Side:
    try:
        with safe_paths.opened(path) as there:
            return _found(there) if there else Side()
    except BelowLinkError:
        return Side(attributes="below a link")


def _found(there: safe_paths.OpenPath) -> Side:
    if there.type == "link":
        return Side(attributes=f"link to {there.target}")
    if there.type != "file":
        return Side(attributes="neither a regular file nor a link")
    found = there.status
    with there.open() as stream:
        return _file(stream.read(), stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid)


def _to_be(desired_path: DesiredPath) -> Side:
    if desired_path.type == "link":
        return Side(attributes=f"link to {desired_path.target}")
    if desired_path.type == "absent":
        return Side()
    return _file(desired_path.content, desired_path.mode, desired_path.uid, desired_path.gid)


def _original(original: image.Image, folder: str) -> Side:
    if original["type"] == "link":
        return Side(attributes=f"link to {original['target']}")
    if original["type"] == "absent":
        return Side()
    try:
        content = image.stored(original, os.path.join(folder, "originals"))
    except image.LostContentError:
        return Side(attributes="a lost original")
    return _file(content, original["mode"], original["uid"], original["gid"])


def _file(content: bytes, mode: int, uid: int, gid: int) -> Side:
    return Side(content, mode, f"mode {mode:04o}, owner {uid}:{gid}")


def _diff(path: str, before: Side, after: Side) -> Diff:
    shown = before.text is not None and after.text is not None
    texts = [(side.text or "") if shown else side.digest for side in (before, after)]
    if before.attributes != after.attributes:
        texts = [
            f"({side.attributes or 'absent'})\n{text}" for side, text in zip((before, after), texts)
        ]
    return _texts(path, *texts)


def _summary(what: str, before: str, after: str) -> Diff:
    return _texts(what, f"{before}\n", f"{after}\n")


def _texts(what: str, before: str, after: str) -> Diff:
    return {"before_header": what, "before": before, "after_header": what, "after": after}
