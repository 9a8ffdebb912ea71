"""What the record and the journal of a node look like, those of earlier versions included.

Members that later versions may add are allowed below the top.
"""

from __future__ import annotations

from .schema import (
    Shape,
    both,
    by_member,
    content,
    file_name,
    flag,
    hexadecimal,
    list_of,
    map_of,
    members,
    number,
    or_empty,
    or_null,
    path,
    text,
    word,
)

_MODE, _ID, _TIME = number(most=0o7777), number(most=(1 << 32) - 2), number(-(1 << 63))
_RIGHTS = {"mode": _MODE, "uid": _ID, "gid": _ID}

_SERVICE = or_null(members({"serviceName": text}))
_ACTION = members(
    {"type": text}, {"reload": _SERVICE, "restart": _SERVICE, "stop": _SERVICE, "active": flag}
)
_ACTIONS = list_of(_ACTION)

IMAGE = by_member(
    "type",
    {
        "absent": members({}, {"boot": text}),
        "link": members({"target": text}, {"boot": text}),
        "file": members(
            {"store": file_name, **_RIGHTS, "mtime": _TIME, "xattrs": map_of(hexadecimal)},
            {"boot": text},
        ),
    },
)
_NAMED = {"kind": word({"file", "unit"}), "name": text, "original": IMAGE}
_WHY = {"cause": content, "remedy": content}
_MARK = by_member(
    "type",
    {
        "absent": members(_NAMED),
        "link": members({**_NAMED, "target": text}),
        "file": members({**_NAMED, "sha256": text, **_RIGHTS}),
    },
)
_MARKS = map_of(_MARK, path)
_OF_PATH = both(members(_WHY), _MARK)
_UNRETURNED = map_of(
    by_member(
        "kind",
        {"sshkey": members({"name": text, **_WHY}), "file": _OF_PATH, "unit": _OF_PATH},
    )
)

_DEBTS = members(
    {"boot_id": text, "actions": _ACTIONS},
    {
        "daemon_reload": flag,
        "done": list_of(members({"type": text, "active": flag}, {"restart": _SERVICE})),
        "watched": list_of(text),
        "ailing": list_of(text),
        "booted": flag,
    },
    only=True,
)
# Those that records have had from the first version on.
_FROM_THE_FIRST = {
    "machine_id": text,
    "schema": number(1),
    "serial": number(),
    "run": text,
    # Any: a controller says of one that makes no sense what to do, and no backup is needed.
    "fence": number(-(1 << 999), 1 << 999),
    "config": text,
    "paths": _MARKS,
    "units": map_of(members({"enabled": flag}, {"before": text})),
    "keys": or_empty(members({"user": text, "keys": list_of(content)})),
    "debts": or_null(_DEBTS),
}
_LATER = {
    "since": text,
    "claimed": text,
    "links": _MARKS,
    "unreturned": _UNRETURNED,
    "folders": list_of(path),
    "reverted": or_empty(members({"config": text, "cause": content, "cut_off": flag})),
    "attempt": text,
    "failed": or_empty(
        members(
            {"attempt": text, "config": text, "cause": content, "actions": _ACTIONS, "facts": text}
        )
    ),
    "tombstone": or_empty(members({"by": text, "at": text, "config": text})),
}
RECORD: Shape = members(_FROM_THE_FIRST, _LATER, only=True)
JOURNAL: Shape = members(
    {
        "serial": number(),
        "record": RECORD,
        "actions": _ACTIONS,
        "awaits_confirmation": flag,
        "folders": list_of(path),
        "images": map_of(IMAGE, path),
        "keys": map_of(or_null(content)),
    },
    {
        "config": text,
        "watched": list_of(text),
        "ailing": list_of(text),
        "confirm_within": number(),
        "enabled": map_of(text),
    },
)
