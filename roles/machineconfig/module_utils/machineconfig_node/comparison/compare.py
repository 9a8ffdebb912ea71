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
from ..manifest.desired_state import Desired
from ..record.record import Record
from ..ssh import authorized_keys
from ..systemd.unit_paths import MASK
from . import details

# What tells the digest of the regular file that was found at a path.
Digest = Callable[[str, safe_paths.Found], str]
Mark = Dict[str, Any]
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

    def brief(self) -> dict[str, str]:
        """Without contents, for results and messages."""
        return dataclasses.asdict(self)


def digest(_: str, found: safe_paths.Found) -> str:
    """The digest of all that a regular file holds."""
    told = hashlib.sha256()
    with found.open() as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            told.update(block)
    return told.hexdigest()


def on_disk(desired: Desired) -> list[Difference]:
    """Where the disk is not what the manifest wants."""
    return [*of_paths(desired), *of_enablement(desired), *of_keys(desired)]


def to_write(desired: Desired) -> list[Difference]:
    """What an apply writes: what differs, or where it is forced everything."""
    if not desired.forced:
        return on_disk(desired)
    paths = [
        Difference(each.kind, each.name, "forced", each.path) for each in desired.paths.values()
    ]
    keys = [Difference("sshkey", desired.user, "forced")] if desired.keys else []
    return [*paths, *of_enablement(desired), *keys]


def of_paths(desired: Desired, tell: Digest = digest) -> Iterator[Difference]:
    """The files, unit texts, drop-ins and masks that are not as wanted.

    `tell` tells the digests of files, for which otherwise each is read.
    """
    for wanted in desired.paths.values():
        state = _state(wanted.path, tell)
        what = _what_differs(state, wanted.mark())
        if what:
            detail = details.of(state, wanted)
            yield Difference(wanted.kind, wanted.name, what, wanted.path, detail)


def of_enablement(desired: Desired) -> Iterator[Difference]:
    """The units whose links are not as wanted, or cannot be."""
    wrong: dict[str, list[str]] = {}
    for each in desired.links.values():
        if not holds(each.path, each.mark()):
            told = f"{each.path}: {details.of(_state(each.path), each)}"
            wrong.setdefault(each.name, []).append(told)
    for unit in desired.enablement:
        if unit in wrong or unit in desired.refused:
            detail = desired.refused.get(unit) or "; ".join(wrong[unit])
            yield Difference("unit", unit, "enablement", detail=detail)


def of_keys(desired: Desired) -> Iterator[Difference]:
    """The managed SSH keys, where they are not as wanted.

    Raises:
        NodeError: keys are wanted, and nothing is known of those that are there.
    """
    try:
        problem = authorized_keys.problem(desired.user, desired.keys)
    except NodeError:
        if desired.keys:
            raise
        problem = ""
    if problem:
        yield Difference("sshkey", desired.user, problem)


def to_remove(desired: Desired, record: Record) -> list[Difference]:
    """What the record manages and the manifest no longer does."""
    gone = [
        Difference(mark["kind"], mark["name"], "no longer managed", path)
        for path, mark in record.paths.items()
        if path not in desired.paths
    ]
    units = [unit for unit in record.units if unit not in desired.enablement]
    units += [mark["name"] for path, mark in record.links.items() if path not in desired.links]
    gone.extend(Difference("unit", unit, "no longer managed") for unit in dict.fromkeys(units))
    for user in _managed_users(record) & keyless(desired, record):
        what = "no longer managed" if authorized_keys.has_user(user) else "its user is gone"
        gone.append(Difference("sshkey", user, what))
    return gone


def keyless(desired: Desired, record: Record) -> set[str]:
    """The users whose files are to be without our keys.

    Those from whose files they could not be taken before are among them.
    """
    failed = (mark for mark in record.unreturned.values() if mark["kind"] == "sshkey")
    users = _managed_users(record).union(mark["name"] for mark in failed)
    return users - {desired.user} if desired.keys else users


def _managed_users(record: Record) -> set[str]:
    return {record.keys["user"]} if record.keys else set()


def to_give_back(desired: Desired, record: Record) -> dict[str, Mark]:
    """The marks of the paths and links that are to be as they were before us, by path.

    Those that could not be given back before are among them.
    """
    wanted = {**desired.paths, **desired.links}
    earlier = {
        path: mark
        for path, mark in record.unreturned.items()
        if path not in wanted and mark["kind"] != "sshkey"
    }
    links = {path: mark for path, mark in record.links.items() if path not in desired.links}
    paths = {path: mark for path, mark in record.paths.items() if path not in desired.paths}
    return {**earlier, **links, **paths}


def in_record(desired: Desired, record: Record) -> list[Difference]:
    """What the manifest changes against the config that the record holds."""
    if not record.adopted:
        return []
    changed = [
        Difference(each.kind, each.name, "changed", path)
        for path, each in desired.paths.items()
        if _without_original(record.paths.get(path)) != each.mark()
    ]
    changed.extend(
        Difference("unit", unit, "enablement")
        for unit, enabled in desired.enablement.items()
        if record.units.get(unit, {}).get("enabled") != enabled
    )
    if desired.keys and record.keys.get("keys") != desired.keys:
        changed.append(Difference("sshkey", desired.user, "changed"))
    return changed


def holds(path: str, mark: Mark) -> bool:
    """Whether the disk still holds at `path` what the record says was put there."""
    state = _state(path)
    return all(state.get(key) == mark.get(key) for key in _STATE)


def departed(record: Record) -> list[str]:
    """The paths and links that are not as the record says."""
    marks = {**record.paths, **record.links}
    return [path for path, mark in marks.items() if not holds(path, mark)]


def is_as_recorded(record: Record, boot_id: str) -> bool:
    """Whether the node matches its record, with no action and no verification pending."""
    pending = record.outstanding(boot_id) or record.awaits_proof(boot_id)
    return not pending and not departed(record)


def departs(path: str, mark: Mark) -> str:
    """In which way the disk is not what the record says; empty where it is."""
    return _what_differs(_state(path), mark)


def _what_differs(state: dict[str, Any], mark: dict[str, Any]) -> str:
    if state["type"] == details.BELOW_LINK:
        return details.BELOW_LINK
    if mark["type"] == "link":
        # The only links that are managed.
        return "" if state.get("target") == mark["target"] else "not masked"
    if mark["kind"] == "unit" and state.get("target") == MASK:
        return "masked"
    if state["type"] != mark["type"]:
        return "missing" if state["type"] == "absent" else f"a {state['type']} is in its place"
    names = {
        "sha256": "content",
        "mode": "mode",
        "uid": "owner",
        "gid": "group",
    }
    return ", ".join(name for key, name in names.items() if state.get(key) != mark.get(key))


def _state(path: str, tell: Digest = digest) -> dict[str, Any]:
    try:
        with safe_paths.found(path) as there:
            return _what_is(there, path, tell) if there else {"type": "absent"}
    except BelowLinkError:
        return {"type": details.BELOW_LINK}


def _what_is(there: safe_paths.Found, path: str, tell: Digest) -> dict[str, Any]:
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


def _without_original(mark: dict[str, Any] | None) -> dict[str, Any] | None:
    return mark and {key: mark[key] for key in mark if key != "original"}
