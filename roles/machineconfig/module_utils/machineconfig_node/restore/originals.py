"""Restores the originals of paths that are no longer managed.

A path that was changed by others is left as it is, and a failure does not stop the rest. Both stay
in the record with their original, the cause and the remedy until the original is on the disk again,
which every later change checks.
"""

from __future__ import annotations

import hashlib
import os
from typing import Any

from ..base import os_errors
from ..base.errors import NodeError
from ..comparison import compare
from ..filesystem import extra_rights, image
from ..preflight.paths import immutable
from ..record.node_record import FOLDER, Record
from ..ssh import authorized_keys

_RETRY = "the next update retries it, and so does playbooks/restore.yml"
ACCEPT = (
    "accept the path as it is: `kubectl mc recover NODE`, "
    "or by hand update.yml with -e machineconfig_again=true"
)
_CHANGED = {
    "cause": "it was changed by others since, and was left as it is",
    "remedy": "run playbooks/restore.yml with -e restore_paths=PATH to restore the original",
}


def restore(folder: str, record: Record, paths: list[str]) -> None:
    """Restore the originals of these paths, which are no longer managed."""
    originals = os.path.join(folder, "originals")
    for path in paths:
        entry = _forget(record, path)
        if compare.matches(path, entry):
            failure = _try_restore(path, entry["original"], originals)
        else:
            failure = {} if is_restored(path, entry, originals) else _CHANGED
        if failure:
            record.unreturned[path] = {**entry, **failure}


def is_restored(path: str, entry: compare.Entry, originals: str) -> bool:
    """Whether the disk has the original, whoever wrote it; times are not compared."""
    original = entry["original"]
    if original["type"] == "absent" and not os.path.lexists(path):
        return True
    try:
        return compare.matches(path, {**original, **_of_file(original, originals)})
    except (OSError, image.LostContentError):
        return False


def remove_keys(record: Record, users: set[str]) -> None:
    """Remove the managed keys of these users; earlier failures are forgotten."""
    for name, entry in list(record.unreturned.items()):
        if entry["kind"] == "sshkey":
            del record.unreturned[name]
    for user in sorted(users):
        _remove_keys(record, user)


def _remove_keys(record: Record, user: str) -> None:
    try:
        authorized_keys.write_managed(user, [])
    except NodeError as error:
        failed = {"kind": "sshkey", "name": user, **_failure(error)}
        record.unreturned[f"SSH keys of {user}"] = failed


def to_retry(record: Record) -> list[compare.Difference]:
    """Return what a restore retries.

    Paths that were changed by others are not included: they are restored only by their path.
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
    """Return name, cause and remedy of what is not restored, by the current disk."""
    paths = {name: each for name, each in record.unreturned.items() if each["kind"] != "sshkey"}
    return expected(record, paths, folder)


def expected(
    record: Record, entries: dict[str, compare.Entry], folder: str = FOLDER
) -> list[dict[str, str]]:
    """Return what would not be restored by a change that restores these entries."""
    originals = os.path.join(folder, "originals")
    keys = {name: each for name, each in record.unreturned.items() if each["kind"] == "sshkey"}
    summaries = [_summary(name, entry) for name, entry in keys.items()]
    for path, entry in entries.items():
        if is_restored(path, entry, originals):
            continue
        if not compare.matches(path, entry):
            summaries.append({"name": path, **_CHANGED})
        elif path in record.unreturned:
            summaries.append(_summary(path, entry))
    return summaries


def _summary(name: str, entry: compare.Entry) -> dict[str, str]:
    return {"name": name, "cause": entry["cause"], "remedy": entry["remedy"]}


def _of_file(original: image.Image, originals: str) -> dict[str, Any]:
    """Return the parts of an entry that an image of a file contains in another form."""
    if original["type"] != "file":
        return {}
    content = image.stored(original, originals)
    rights = extra_rights.selected(original["xattrs"])
    extra = {"extra_rights": rights} if rights else {}
    return {"sha256": hashlib.sha256(content).hexdigest(), **extra}


def lost(record: Record, folder: str = FOLDER) -> list[str]:
    """Return the paths in `unreturned` whose original cannot be restored any more."""
    store = os.path.join(folder, "originals")
    paths = {name: each for name, each in record.unreturned.items() if each["kind"] != "sshkey"}
    return [path for path, entry in paths.items() if image.is_lost(entry["original"], store)]


def accept_lost(record: Record, folder: str = FOLDER) -> None:
    """Forget the paths whose original is lost; they stay as they are."""
    for path in lost(record, folder):
        del record.unreturned[path]


def _try_restore(path: str, original: image.Image, originals: str) -> dict[str, str]:
    try:
        if not image.matches(path, original, originals):
            image.restore(path, original, originals)
    except (OSError, NodeError) as error:
        return _failure(error, path)
    return {}


def _forget(record: Record, path: str) -> compare.Entry:
    entries = next(each for each in (record.links, record.paths, record.unreturned) if path in each)
    return entries.pop(path)


def _failure(error: OSError | NodeError, path: str = "") -> dict[str, str]:
    node_error = os_errors.to_node_error(error) if isinstance(error, OSError) else error
    cause, remedy = node_error.cause, node_error.remedy
    if isinstance(node_error, image.LostContentError):
        remedy = f"{remedy}; or {ACCEPT}"
    locked = dict(immutable.locks(path)) if path else {}
    if locked:
        cause, remedy = "; ".join(locked), immutable.unlock_remedy(locked)
    return {"cause": cause, "remedy": f"{remedy}; {_RETRY}"}
