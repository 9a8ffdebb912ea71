"""Giving back what was there before us, and keeping what was not given back.

What somebody has changed since is left to them, and what cannot be given back does not stop the
rest. Both stay in the record with their original, the cause and the remedy until the original is on
the disk again; each later change looks again.
"""

from __future__ import annotations

import hashlib
import os

from ..base import os_errors
from ..base.errors import NodeError
from ..comparison import compare
from ..filesystem import image, safe_paths
from ..preflight import immutable
from ..record.node_record import FOLDER, Record
from ..ssh import authorized_keys

_RETRY = "the next update tries again, and so does playbooks/restore.yml"
_CHANGED = {
    "cause": "somebody has changed it since, and it was left as it is",
    "remedy": "playbooks/restore.yml by hand with -e restore_paths=PATH gives the original back",
}


def restore(folder: str, record: Record, paths: list[str]) -> None:
    """Put back the originals of these paths, which no config manages any more."""
    originals = os.path.join(folder, "originals")
    for path in paths:
        entry = _forget(record, path)
        if compare.matches(path, entry):
            why = _failure(path, entry["original"], originals)
        else:
            why = {} if is_restored(path, entry, originals) else _CHANGED
        if why:
            record.unreturned[path] = {**entry, **why}


def is_restored(path: str, entry: compare.Entry, originals: str) -> bool:
    """Whether the disk holds the original, whoever has put it there; its times do not count."""
    original = entry["original"]
    if original["type"] == "absent" and not os.path.lexists(path):
        return True
    try:
        digest = _digest(original, originals)
        return compare.matches(path, {**original, **digest})
    except OSError:
        return False


def remove_keys(record: Record, users: set[str]) -> None:
    """Take our keys out of the files of these users; earlier failures at that are forgotten."""
    for name, entry in list(record.unreturned.items()):
        if entry["kind"] == "sshkey":
            del record.unreturned[name]
    for user in sorted(users):
        _remove_keys(record, user)


def _remove_keys(record: Record, user: str) -> None:
    try:
        authorized_keys.write_managed(user, [])
    except NodeError as error:
        failed = {"kind": "sshkey", "name": user, **_why(error)}
        record.unreturned[f"SSH keys of {user}"] = failed


def to_retry(record: Record) -> list[compare.Difference]:
    """What a restore tries again, in the form of all that it gives back.

    What somebody has changed is not among it: that is given back only by its path.
    """
    return [
        compare.Difference(
            entry["kind"],
            entry["name"],
            "no longer managed",
            "" if entry["kind"] == "sshkey" else name,
        )
        for name, entry in record.unreturned.items()
        if entry["kind"] == "sshkey" or compare.matches(name, entry)
    ]


def not_restored(record: Record, folder: str = FOLDER) -> list[dict[str, str]]:
    """The name, the cause and the remedy of each thing that is not back, as the disk is now."""
    paths = {name: each for name, each in record.unreturned.items() if each["kind"] != "sshkey"}
    return expected(record, paths, folder)


def expected(
    record: Record, back: dict[str, compare.Entry], folder: str = FOLDER
) -> list[dict[str, str]]:
    """The same for a change that gives `back` these paths."""
    originals = os.path.join(folder, "originals")
    keys = {name: each for name, each in record.unreturned.items() if each["kind"] == "sshkey"}
    told = [_summary(name, entry) for name, entry in keys.items()]
    for path, entry in back.items():
        if is_restored(path, entry, originals):
            continue
        if not compare.matches(path, entry):
            told.append({"name": path, **_CHANGED})
        elif path in record.unreturned:
            told.append(_summary(path, entry))
    return told


def _summary(name: str, entry: compare.Entry) -> dict[str, str]:
    return {"name": name, "cause": entry["cause"], "remedy": entry["remedy"]}


def _digest(original: image.Image, originals: str) -> dict[str, str]:
    if original["type"] != "file":
        return {}
    content = safe_paths.read_bytes(os.path.join(originals, original["store"]))
    return {"sha256": hashlib.sha256(content).hexdigest()}


def _failure(path: str, original: image.Image, originals: str) -> dict[str, str]:
    try:
        if not image.matches(path, original, originals):
            image.restore(path, original, originals)
    except (OSError, NodeError) as error:
        return _why(error, path)
    return {}


def _forget(record: Record, path: str) -> compare.Entry:
    entries = next(each for each in (record.links, record.paths, record.unreturned) if path in each)
    return entries.pop(path)


def _why(error: OSError | NodeError, path: str = "") -> dict[str, str]:
    told = os_errors.to_node_error(error) if isinstance(error, OSError) else error
    cause, remedy = told.cause, told.remedy
    locked = dict(immutable.locks(path)) if path else {}
    if locked:
        cause, remedy = "; ".join(locked), immutable.unlock_remedy(locked)
    return {"cause": cause, "remedy": f"{remedy}; {_RETRY}"}
