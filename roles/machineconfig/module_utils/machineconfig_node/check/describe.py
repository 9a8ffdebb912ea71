"""Describes a node's record, and whether the disk matches it."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Iterator

from ..base.errors import NodeError
from ..comparison import compare
from ..record import record_files
from ..record.node_record import FOLDER, Action, Record
from ..restore import originals
from ..rollback import confirmation, watchdog_units
from ..ssh import authorized_keys
from ..systemd import systemctl

_MAX_LINES = 20


def describe(record: Record, boot_id: str, folder: str = FOLDER) -> list[str]:
    """Return the lines of the description, the most important first."""
    if not record.serial and not record.has_config:
        text = f"the record contains no config: nothing was ever applied; see {folder}"
        return [text, *_run(record)]
    return [
        _config(record),
        *_lost_record(folder),
        pending(record, boot_id),
        *_confirmation(folder),
        *_rollback(record),
        *_comparison(record),
        *_not_restored(record, folder),
        *_run(record),
    ]


def differences(record: Record) -> list[str]:
    """Return the paths, units and users that differ from the record, and how."""
    ways = ((path, compare.difference_of(path, entry)) for path, entry in record.paths.items())
    differing = [f"{path} ({way})" for path, way in ways if way]
    links = record.links.items()
    units = (entry["name"] for path, entry in links if not compare.matches(path, entry))
    differing += [f"{unit} (enablement)" for unit in dict.fromkeys(units)]
    problem = _keys_problem(record)
    return differing + ([f"SSH keys of {record.keys['user']} ({problem})"] if problem else [])


def pending(record: Record, boot_id: str) -> str:
    """Return the actions pending in this boot as text."""
    actions = record.pending(boot_id)
    if not actions:
        return "no actions are pending"
    return f"pending actions: {', '.join(map(_name, actions))}"


def _keys_problem(record: Record) -> str:
    if not record.keys:
        return ""
    try:
        return authorized_keys.difference(record.keys["user"], record.keys["keys"])
    except NodeError as error:
        return error.cause


def _config(record: Record) -> str:
    since = f"since {record.since}, " if record.since else ""
    if record.tombstone:
        text = "has no config: {by} restored all originals at {at}, from {config}".format(
            **record.tombstone
        )
        return f"{text} (serial {record.serial}); the controller leaves it alone"
    return f"current config: {record.config or 'none'}, {since}serial {record.serial}"


def _lost_record(folder: str) -> Iterator[str]:
    problem = record_files.problem(folder)
    if problem:
        path = f"{folder}/{record_files.RECORD}"
        yield f"{path} is {problem}; this is read from a copy, and the next run writes it anew"


def _confirmation(folder: str) -> Iterator[str]:
    if confirmation.is_pending(folder):
        yield (
            f"the last change is not confirmed: the node rolls back by itself {_when()}; "
            "any update, restore or confirm over a new connection confirms it"
        )


def _when() -> str:
    for name in (watchdog_units.NOW, watchdog_units.AT_BOOT):
        moment = systemctl.next_elapse(f"{name}.timer")
        if moment:
            there = datetime.fromtimestamp(moment, timezone.utc)
            return there.strftime("at %Y-%m-%d %H:%M:%S UTC")
    return "when the watchdog elapses"


def _rollback(record: Record) -> Iterator[str]:
    reverted = record.reverted
    if reverted:
        config = reverted["config"] or "the restore"
        known = ", since it locked out the controller" if reverted.get("locked_out") else ""
        how = f"by the watchdog{known}" if reverted["cut_off"] else "after a failure"
        yield f"{config} was rolled back {how}: {reverted['cause']}"


def _comparison(record: Record) -> Iterator[str]:
    differing = differences(record)
    if not differing:
        keys = record.keys.get("keys", [])
        yield (
            f"the disk matches the record: paths {len(record.paths)}, enablement of units "
            f"{len(record.units)}, SSH keys {len(keys)}"
        )
        return
    yield f"differs from the record: {len(differing)}"
    yield from (f"  {each}" for each in differing[:_MAX_LINES])
    if len(differing) > _MAX_LINES:
        yield f"  and {len(differing) - _MAX_LINES} more"


def _not_restored(record: Record, folder: str) -> Iterator[str]:
    for each in originals.not_restored(record, folder):
        yield "not restored: {name} ({cause}); {remedy}".format(**each)


def _run(record: Record) -> Iterator[str]:
    if record.run:
        yield f"last run: {record.run}" + (f", {record.claimed}" if record.claimed else "")


def _name(action: Action) -> str:
    service = action.get("reload") or action.get("restart") or action.get("stop") or {}
    return f"{action['type']} {service.get('serviceName', '')}".strip()
