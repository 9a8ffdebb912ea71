"""Compares the desired state with the disk, and with the record.

The disk shows what must be written. The record shows which services still run with old files: after
a file was fixed by hand, the restart that its change requires is still pending.
"""

from __future__ import annotations

import dataclasses
import hashlib
import stat
from typing import Any, Callable, Dict, Iterator

from ..base.errors import BelowLinkError, NodeError
from ..filesystem import extra_rights, safe_paths
from ..manifest.desired_state import DesiredState
from ..record.node_record import Record
from ..ssh import authorized_keys
from ..systemd.unit_paths import MASK
from . import details

# Returns the digest of the regular file that was opened at a path.
Digest = Callable[[str, safe_paths.OpenPath], str]
Entry = Dict[str, Any]
# The keys of an entry that describe what is at its path.
_STATE = {"type", "target", "sha256", "mode", "uid", "gid", "extra_rights"}


@dataclasses.dataclass(frozen=True)
class Difference:
    """One difference: of a `kind` file, unit, sshkey or record; `what` names the difference.

    `detail` describes what was desired and what was found; no decision depends on it.
    """

    kind: str
    name: str
    what: str
    path: str = ""
    detail: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return the difference for results and messages; it has no contents."""
        return dataclasses.asdict(self)


def digest(_: str, found: safe_paths.OpenPath) -> str:
    """Return the digest of the content of a regular file."""
    digest = hashlib.sha256()
    with found.open() as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def of_disk(desired: DesiredState) -> list[Difference]:
    """Return the differences of the disk."""
    return [*of_paths(desired), *of_enablement(desired), *of_keys(desired)]


def to_write(desired: DesiredState) -> list[Difference]:
    """Return what an apply writes: the differences, or everything if it is forced."""
    if not desired.forced:
        return of_disk(desired)
    paths = [
        Difference(each.kind, each.name, "forced", each.path) for each in desired.paths.values()
    ]
    keys = [Difference("sshkey", desired.user, "forced")] if desired.keys else []
    return [*paths, *of_enablement(desired), *keys]


def of_paths(desired: DesiredState, digest_of: Digest = digest) -> Iterator[Difference]:
    """Yield the differences of files, units, drop-ins and masks.

    `digest_of` returns the digests of files; by default each file is read.
    """
    for desired_path in desired.paths.values():
        state = _state(desired_path.path, digest_of)
        what = _what_differs(state, desired_path.to_entry())
        if what:
            detail = details.describe(state, desired_path)
            yield Difference(desired_path.kind, desired_path.name, what, desired_path.path, detail)


def of_enablement(desired: DesiredState) -> Iterator[Difference]:
    """Yield the units whose enablement links differ, or whose enablement is impossible."""
    differing: dict[str, list[str]] = {}
    for each in desired.links.values():
        if not matches(each.path, each.to_entry()):
            detail = f"{each.path}: {details.describe(_state(each.path), each)}"
            differing.setdefault(each.name, []).append(detail)
    for unit in desired.enablement:
        if unit in differing or unit in desired.refused:
            detail = desired.refused.get(unit) or "; ".join(differing[unit])
            yield Difference("unit", unit, "enablement", detail=detail)


def of_keys(desired: DesiredState) -> Iterator[Difference]:
    """Yield the difference of the managed SSH keys.

    Raises:
        NodeError: keys are desired, and the existing ones cannot be read.
    """
    try:
        problem = authorized_keys.difference(desired.user, desired.keys)
    except NodeError:
        if desired.keys:
            raise
        problem = ""
    if problem:
        yield Difference("sshkey", desired.user, problem)


def to_remove(desired: DesiredState, record: Record) -> list[Difference]:
    """Return what the record manages and the desired state no longer contains."""
    removed = [
        Difference(entry["kind"], entry["name"], "no longer managed", path)
        for path, entry in record.paths.items()
        if path not in desired.paths
    ]
    units = [unit for unit in record.units if unit not in desired.enablement]
    units += [entry["name"] for path, entry in record.links.items() if path not in desired.links]
    removed.extend(Difference("unit", unit, "no longer managed") for unit in dict.fromkeys(units))
    for user in _managed_users(record) & users_without_keys(desired, record):
        what = "no longer managed" if authorized_keys.user_exists(user) else "its user is gone"
        removed.append(Difference("sshkey", user, what))
    return removed


def users_without_keys(desired: DesiredState, record: Record) -> set[str]:
    """Return the users whose files must not contain managed keys.

    They include those from whose files the keys could not be removed before.
    """
    failed = (entry for entry in record.unreturned.values() if entry["kind"] == "sshkey")
    users = _managed_users(record).union(entry["name"] for entry in failed)
    return users - {desired.user} if desired.keys else users


def _managed_users(record: Record) -> set[str]:
    return {record.keys["user"]} if record.keys else set()


def to_restore(desired: DesiredState, record: Record) -> dict[str, Entry]:
    """Return the entries of the paths and links whose originals are to be restored.

    They include those that could not be restored before.
    """
    desired_path = {**desired.paths, **desired.links}
    earlier = {
        path: entry
        for path, entry in record.unreturned.items()
        if path not in desired_path and entry["kind"] != "sshkey"
    }
    links = {path: entry for path, entry in record.links.items() if path not in desired.links}
    paths = {path: entry for path, entry in record.paths.items() if path not in desired.paths}
    return {**earlier, **links, **paths}


def of_record(desired: DesiredState, record: Record) -> list[Difference]:
    """Return what the desired state changes compared with the config of the record."""
    if not record.has_config:
        return []
    changed = [
        Difference(each.kind, each.name, "changed", path)
        for path, each in desired.paths.items()
        if _without_original(record.paths.get(path)) != each.to_entry()
    ]
    changed.extend(
        Difference("unit", unit, "enablement")
        for unit, enabled in desired.enablement.items()
        if record.units.get(unit, {}).get("enabled") != enabled
    )
    if desired.keys and record.keys.get("keys") != desired.keys:
        changed.append(Difference("sshkey", desired.user, "changed"))
    return changed


def matches(path: str, entry: Entry) -> bool:
    """Whether the disk still has at `path` what the entry describes."""
    state = _state(path)
    return all(state.get(key) == entry.get(key) for key in _STATE)


def differing_paths(record: Record) -> list[str]:
    """Return the paths and links that differ from the record."""
    entries = {**record.paths, **record.links}
    return [path for path, entry in entries.items() if not matches(path, entry)]


def is_as_recorded(record: Record, boot_id: str) -> bool:
    """Whether the node matches its record, with no action and no verification pending."""
    pending = record.pending(boot_id) or record.awaits_verification(boot_id)
    return not pending and not differing_paths(record)


def difference_of(path: str, entry: Entry) -> str:
    """Return how the path differs from its entry; empty if it does not."""
    return _what_differs(_state(path), entry)


def _what_differs(state: dict[str, Any], entry: dict[str, Any]) -> str:
    if state["type"] == details.BELOW_LINK:
        return details.BELOW_LINK
    if entry["type"] == "link":
        # Only masks are compared here.
        return "" if state.get("target") == entry["target"] else "not masked"
    if entry["kind"] == "unit" and state.get("target") == MASK:
        return "masked"
    if state["type"] != entry["type"]:
        return "missing" if state["type"] == "absent" else f"a {state['type']} is in its place"
    names = {
        "sha256": "content",
        "mode": "mode",
        "uid": "owner",
        "gid": "group",
    }
    differing = [name for key, name in names.items() if state.get(key) != entry.get(key)]
    extra = extra_rights.difference(state.get("extra_rights", {}), entry.get("extra_rights", {}))
    return ", ".join([*differing, *extra])


def _state(path: str, digest_of: Digest = digest) -> dict[str, Any]:
    try:
        with safe_paths.opened(path) as there:
            return _state_of(there, path, digest_of) if there else {"type": "absent"}
    except BelowLinkError:
        return {"type": details.BELOW_LINK}


def _state_of(there: safe_paths.OpenPath, path: str, digest_of: Digest) -> dict[str, Any]:
    if there.type == "link":
        return {"type": "link", "target": there.target}
    if there.type != "file":
        return {"type": there.type}
    extra = there.extra_rights
    return {
        **({"extra_rights": extra} if extra else {}),
        "type": "file",
        "size": there.status.st_size,
        "sha256": digest_of(path, there),
        "mode": stat.S_IMODE(there.status.st_mode),
        "uid": there.status.st_uid,
        "gid": there.status.st_gid,
    }


def _without_original(entry: dict[str, Any] | None) -> dict[str, Any] | None:
    return entry and {key: entry[key] for key in entry if key != "original"}
