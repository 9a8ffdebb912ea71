"""What a node's record says and whether the disk agrees, in words for a tired person."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Iterator

from ..base.errors import NodeError
from ..comparison import compare
from ..record.node_record import FOLDER, Action, Record
from ..restore import originals
from ..rollback import confirmation
from ..ssh import authorized_keys
from ..systemd import systemctl

_MAX_LINES = 20


def describe(record: Record, boot_id: str, folder: str = FOLDER) -> list[str]:
    """The lines, the most important first."""
    if not record.serial and not record.has_config:
        said = f"there is no config in the record: nothing was ever applied here; see {folder}"
        return [said, *_run(record)]
    return [
        _config(record),
        pending(record, boot_id),
        *_confirmation(folder),
        *_rollback(record),
        *_agreement(record),
        *_not_restored(record, folder),
        *_run(record),
    ]


def differences(record: Record) -> list[str]:
    """What is not as the record says: each path, unit or user, and in which way."""
    ways = ((path, compare.difference_of(path, entry)) for path, entry in record.paths.items())
    departed = [f"{path} ({way})" for path, way in ways if way]
    links = record.links.items()
    units = (entry["name"] for path, entry in links if not compare.matches(path, entry))
    departed += [f"{unit} (enablement)" for unit in dict.fromkeys(units)]
    problem = _keys_problem(record)
    return departed + ([f"SSH keys of {record.keys['user']} ({problem})"] if problem else [])


def pending(record: Record, boot_id: str) -> str:
    """What is still to be done in this boot."""
    actions = record.pending(boot_id)
    if not actions:
        return "owes nothing"
    return f"owes: {', '.join(map(_name, actions))}"


def _keys_problem(record: Record) -> str:
    try:
        return (
            authorized_keys.difference(record.keys["user"], record.keys["keys"])
            if record.keys
            else ""
        )
    except NodeError as error:
        return error.cause


def _config(record: Record) -> str:
    since = f"since {record.since}, " if record.since else ""
    if record.tombstone:
        words = "on no config: {by} gave all originals back at {at}, of {config}".format(
            **record.tombstone
        )
        return f"{words} (serial {record.serial}); a controller leaves it alone"
    return f"on {record.config or 'no config'}, {since}serial {record.serial}"


def _confirmation(folder: str) -> Iterator[str]:
    if confirmation.is_pending(folder):
        yield (
            f"the last change awaits a confirmation: {_when()} the node goes back by itself; "
            "any update, restore or confirm over a new connection confirms it"
        )


def _when() -> str:
    for name in (confirmation.NOW, confirmation.AT_BOOT):
        moment = systemctl.next_elapse(f"{name}.timer")
        if moment:
            there = datetime.fromtimestamp(moment, timezone.utc)
            return there.strftime("at %Y-%m-%d %H:%M:%S UTC")
    return "when its timer is up"


def _rollback(record: Record) -> Iterator[str]:
    reverted = record.reverted
    if reverted:
        config = reverted["config"] or "a restore"
        how = "by itself" if reverted["cut_off"] else "after a failure"
        yield f"it went back from {config} {how}: {reverted['cause']}"


def _agreement(record: Record) -> Iterator[str]:
    departed = differences(record)
    if not departed:
        keys = record.keys.get("keys", [])
        yield (
            f"all is as recorded: paths {len(record.paths)}, enablement of units "
            f"{len(record.units)}, SSH keys {len(keys)}"
        )
        return
    yield f"not as recorded: {len(departed)}"
    yield from (f"  {each}" for each in departed[:_MAX_LINES])
    if len(departed) > _MAX_LINES:
        yield f"  and {len(departed) - _MAX_LINES} more"


def _not_restored(record: Record, folder: str) -> Iterator[str]:
    for each in originals.not_restored(record, folder):
        yield "not given back: {name} ({cause}); {remedy}".format(**each)


def _run(record: Record) -> Iterator[str]:
    if record.run:
        yield f"last run: {record.run}" + (f", {record.claimed}" if record.claimed else "")


def _name(action: Action) -> str:
    service = action.get("reload") or action.get("restart") or action.get("stop") or {}
    return f"{action['type']} {service.get('serviceName', '')}".strip()
