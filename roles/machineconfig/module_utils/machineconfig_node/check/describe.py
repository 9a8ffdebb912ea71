"""What a node's record says and whether the disk agrees, in words for a tired person."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Iterator

from ..base.errors import NodeError
from ..comparison import compare
from ..record.record import FOLDER, Action, Record
from ..restore import originals
from ..rollback import confirmation
from ..ssh import authorized_keys
from ..systemd import systemctl

_MOST = 20


def account(found: Record, boot_id: str, folder: str = FOLDER) -> list[str]:
    """The lines, the most important first."""
    if not found.serial and not found.adopted:
        said = f"there is no config in the record: nothing was ever applied here; see {folder}"
        return [said, *_run(found)]
    return [
        _config(found),
        owed(found, boot_id),
        *_confirmation(folder),
        *_way_back(found),
        *_agreement(found),
        *_unreturned(found, folder),
        *_run(found),
    ]


def departures(found: Record) -> list[str]:
    """What is not as the record says: each path, unit or user, and in which way."""
    ways = ((path, compare.departs(path, mark)) for path, mark in found.paths.items())
    departed = [f"{path} ({way})" for path, way in ways if way]
    links = found.links.items()
    units = (mark["name"] for path, mark in links if not compare.holds(path, mark))
    departed += [f"{unit} (enablement)" for unit in dict.fromkeys(units)]
    problem = _keys_problem(found)
    return departed + ([f"SSH keys of {found.keys['user']} ({problem})"] if problem else [])


def owed(found: Record, boot_id: str) -> str:
    """What is still to be done in this boot."""
    actions = found.outstanding(boot_id)
    if not actions:
        return "owes nothing"
    return f"owes: {', '.join(map(_word, actions))}"


def _keys_problem(found: Record) -> str:
    try:
        return authorized_keys.problem(found.keys["user"], found.keys["keys"]) if found.keys else ""
    except NodeError as error:
        return error.cause


def _config(found: Record) -> str:
    since = f"since {found.since}, " if found.since else ""
    if found.tombstone:
        words = "on no config: {by} gave all originals back at {at}, of {config}".format(
            **found.tombstone
        )
        return f"{words} (serial {found.serial}); a controller leaves it alone"
    return f"on {found.config or 'no config'}, {since}serial {found.serial}"


def _confirmation(folder: str) -> Iterator[str]:
    if confirmation.is_demanded(folder):
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


def _way_back(found: Record) -> Iterator[str]:
    reverted = found.reverted
    if reverted:
        config = reverted["config"] or "a restore"
        how = "by itself" if reverted["cut_off"] else "after a failure"
        yield f"it went back from {config} {how}: {reverted['cause']}"


def _agreement(found: Record) -> Iterator[str]:
    departed = departures(found)
    if not departed:
        keys = found.keys.get("keys", [])
        yield (
            f"all is as recorded: paths {len(found.paths)}, enablement of units "
            f"{len(found.units)}, SSH keys {len(keys)}"
        )
        return
    yield f"not as recorded: {len(departed)}"
    yield from (f"  {each}" for each in departed[:_MOST])
    if len(departed) > _MOST:
        yield f"  and {len(departed) - _MOST} more"


def _unreturned(found: Record, folder: str) -> Iterator[str]:
    for each in originals.unreturned(found, folder):
        yield "not given back: {name} ({cause}); {remedy}".format(**each)


def _run(found: Record) -> Iterator[str]:
    if found.run:
        yield f"last run: {found.run}" + (f", {found.claimed}" if found.claimed else "")


def _word(action: Action) -> str:
    service = action.get("reload") or action.get("restart") or action.get("stop") or {}
    return f"{action['type']} {service.get('serviceName', '')}".strip()
