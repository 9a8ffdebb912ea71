"""Giving back what was there before us; what cannot be given back does not stop the rest.

It stays in the record with its original, the cause and the remedy, and is tried again by each later
change.
"""

from __future__ import annotations

import os

from . import attributes, authorized_keys, comparison, image
from .errors import NodeError
from .record import Record

_AGAIN = "the next update tries again, and so does playbooks/restore.yml"


def give_back(folder: str, record: Record, paths: list[str]) -> list[str]:
    """Put the originals back; returns the paths that somebody has changed, which are left alone."""
    left, originals = [], os.path.join(folder, "originals")
    for path in paths:
        mark = _forget(record, path)
        if not comparison.holds(path, mark):
            left.append(path)
        elif not image.stands(path, mark["original"], originals):
            failure = _failure(path, mark["original"], originals)
            if failure:
                record.unreturned[path] = {**mark, **failure}
    return left


def take_keys_back(record: Record, users: set[str]) -> None:
    """Take our keys out of the files of these users; earlier failures at that are forgotten."""
    for name, mark in list(record.unreturned.items()):
        if mark["kind"] == "sshkey":
            del record.unreturned[name]
    for user in sorted(users):
        _take_keys_back(record, user)


def _take_keys_back(record: Record, user: str) -> None:
    try:
        authorized_keys.write(user, [])
    except NodeError as error:
        failed = {"kind": "sshkey", "name": user, **_why(error)}
        record.unreturned[f"SSH keys of {user}"] = failed


def again(record: Record) -> list[comparison.Difference]:
    """What a restore tries again, in the form of all that it gives back."""
    return [
        comparison.Difference(
            mark["kind"],
            mark["name"],
            "no longer managed",
            "" if mark["kind"] == "sshkey" else name,
        )
        for name, mark in record.unreturned.items()
    ]


def failures(record: Record) -> list[dict[str, str]]:
    """The name, the cause and the remedy of each thing that could not be given back."""
    return [
        {"name": name, "cause": mark["cause"], "remedy": mark["remedy"]}
        for name, mark in record.unreturned.items()
    ]


def _failure(path: str, original: image.Image, originals: str) -> dict[str, str]:
    try:
        image.put_back(path, original, originals)
    except (OSError, NodeError) as error:
        return _why(error, path)
    return {}


def _forget(record: Record, path: str) -> comparison.Mark:
    marks = next(each for each in (record.links, record.paths, record.unreturned) if path in each)
    return marks.pop(path)


def _why(error: Exception, path: str = "") -> dict[str, str]:
    cause, remedy = str(error), "mend the cause on the node"
    locked = dict(attributes.locks(path)) if path else {}
    if locked:
        cause, remedy = "; ".join(locked), attributes.unlocking(locked)
    elif isinstance(error, NodeError):
        cause, remedy = error.cause, error.remedy
    return {"cause": cause, "remedy": f"{remedy}; {_AGAIN}"}
