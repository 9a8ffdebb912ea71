"""The two differences of a node: the disk against the manifest, and the record against it.

The disk says what must be written. The record says what running services have not seen yet: a file
that someone put right by hand still owes the restart that its change asks for.
"""

from __future__ import annotations

import dataclasses
import hashlib
import stat
from typing import Any, Callable, Dict, Iterator

from ..base.errors import BelowLinkError, NodeError
from ..filesystem import safe_paths
from ..manifest.desired_state import DesiredState
from ..record.node_record import Record
from ..ssh import authorized_keys
from ..systemd.unit_paths import MASK
from . import details

# What tells the digest of the regular file that was found at a path.
Digest = Callable[[str, safe_paths.OpenPath], str]
Entry = Dict[str, Any]
# The members of a mark that tell what is at a path.
_STATE = {"type", "target", "sha256", "mode", "uid", "gid"}


@dataclasses.dataclass(frozen=True)
class Difference:
    """One thing that is not as wanted: `kind` file, unit, sshkey or record; `what` says how.

    `detail` says what was wanted and what was found, where `what` leaves that open. It decides
    nothing.
    """

    kind: str
    name: str
    what: str
    path: str = ""
    detail: str = ""

    def to_dict(self) -> dict[str, str]:
        """Without contents, for results and messages."""
        return dataclasses.asdict(self)


def digest(_: str, found: safe_paths.OpenPath) -> str:
    """The digest of all that a regular file holds."""
    told = hashlib.sha256()
    with found.open() as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            told.update(block)
    return told.hexdigest()


def of_disk(desired: DesiredState) -> list[Difference]:
    """Where the disk is not what the manifest wants."""
    return [*of_paths(desired), *of_enablement(desired), *of_keys(desired)]


def to_write(desired: DesiredState) -> list[Difference]:
    """What an apply writes: what differs, or where it is forced everything."""
    if not desired.forced:
        return of_disk(desired)
    paths = [
        Difference(each.kind, each.name, "forced", each.path) for each in desired.paths.values()
    ]
    keys = [Difference("sshkey", desired.user, "forced")] if desired.keys else []
    return [*paths, *of_enablement(desired), *keys]


def of_paths(desired: DesiredState, tell: Digest = digest) -> Iterator[Difference]:
    """The files, unit texts, drop-ins and masks that are not as wanted.

    `tell` tells the digests of files, for which otherwise each is read.
    """
    for desired_path in desired.paths.values():
        state = _state(desired_path.path, tell)
        what = _what_differs(state, desired_path.to_entry())
        if what:
            detail = details.describe(state, desired_path)
            yield Difference(desired_path.kind, desired_path.name, what, desired_path.path, detail)


def of_enablement(desired: DesiredState) -> Iterator[Difference]:
    """The units whose links are not as wanted, or cannot be."""
    wrong: dict[str, list[str]] = {}
    for each in desired.links.values():
        if not matches(each.path, each.to_entry()):
            told = f"{each.path}: {details.describe(_state(each.path), each)}"
            wrong.setdefault(each.name, []).append(told)
    for unit in desired.enablement:
        if unit in wrong or unit in desired.refused:
            detail = desired.refused.get(unit) or "; ".join(wrong[unit])
            yield Difference("unit", unit, "enablement", detail=detail)


def of_keys(desired: DesiredState) -> Iterator[Difference]:
    """The managed SSH keys, where they are not as wanted.

    Raises:
        NodeError: keys are wanted, and nothing is known of those that are there.
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
    """What the record manages and the manifest no longer does."""
    gone = [
        Difference(entry["kind"], entry["name"], "no longer managed", path)
        for path, entry in record.paths.items()
        if path not in desired.paths
    ]
    units = [unit for unit in record.units if unit not in desired.enablement]
    units += [entry["name"] for path, entry in record.links.items() if path not in desired.links]
    gone.extend(Difference("unit", unit, "no longer managed") for unit in dict.fromkeys(units))
    for user in _managed_users(record) & users_without_keys(desired, record):
        what = "no longer managed" if authorized_keys.user_exists(user) else "its user is gone"
        gone.append(Difference("sshkey", user, what))
    return gone


def users_without_keys(desired: DesiredState, record: Record) -> set[str]:
    """The users whose files are to be without our keys.

    Those from whose files they could not be taken before are among them.
    """
    failed = (entry for entry in record.unreturned.values() if entry["kind"] == "sshkey")
    users = _managed_users(record).union(entry["name"] for entry in failed)
    return users - {desired.user} if desired.keys else users


def _managed_users(record: Record) -> set[str]:
    return {record.keys["user"]} if record.keys else set()


def to_restore(desired: DesiredState, record: Record) -> dict[str, Entry]:
    """The marks of the paths and links that are to be as they were before us, by path.

    Those that could not be given back before are among them.
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
    """What the manifest changes against the config that the record holds."""
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
    """Whether the disk still holds at `path` what the record says was put there."""
    state = _state(path)
    return all(state.get(key) == entry.get(key) for key in _STATE)


def differing_paths(record: Record) -> list[str]:
    """The paths and links that are not as the record says."""
    entries = {**record.paths, **record.links}
    return [path for path, entry in entries.items() if not matches(path, entry)]


def is_as_recorded(record: Record, boot_id: str) -> bool:
    """Whether the node matches its record, with no action and no verification pending."""
    pending = record.pending(boot_id) or record.awaits_verification(boot_id)
    return not pending and not differing_paths(record)


def difference_of(path: str, entry: Entry) -> str:
    """In which way the disk is not what the record says; empty where it is."""
    return _what_differs(_state(path), entry)


def _what_differs(state: dict[str, Any], entry: dict[str, Any]) -> str:
    if state["type"] == details.BELOW_LINK:
        return details.BELOW_LINK
    if entry["type"] == "link":
        # The only links that are managed.
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
    return ", ".join(name for key, name in names.items() if state.get(key) != entry.get(key))


def _state(path: str, tell: Digest = digest) -> dict[str, Any]:
    try:
        with safe_paths.opened(path) as there:
            return _state_of(there, path, tell) if there else {"type": "absent"}
    except BelowLinkError:
        return {"type": details.BELOW_LINK}


def _state_of(there: safe_paths.OpenPath, path: str, tell: Digest) -> dict[str, Any]:
    if there.type == "link":
        return {"type": "link", "target": there.target}
    if there.type != "file":
        return {"type": there.type}
    return {
        "type": "file",
        "size": there.status.st_size,
        "sha256": tell(path, there),
        "mode": stat.S_IMODE(there.status.st_mode),
        "uid": there.status.st_uid,
        "gid": there.status.st_gid,
    }


def _without_original(entry: dict[str, Any] | None) -> dict[str, Any] | None:
    return entry and {key: entry[key] for key in entry if key != "original"}
