"""The schemas of a node's record and journal, including those of earlier versions.

Below the top level, keys that a later version may add are allowed.
"""

from __future__ import annotations

from .schema import (
    Schema,
    all_of,
    any_text,
    boolean,
    by_key,
    file_name,
    hexadecimal,
    integer,
    list_of,
    map_of,
    object_with,
    one_of,
    or_empty,
    or_null,
    path,
    text,
)

_MODE, _ID, _TIME = integer(most=0o7777), integer(most=(1 << 32) - 2), integer(-(1 << 63))
_RIGHTS = {"mode": _MODE, "uid": _ID, "gid": _ID}

_SERVICE = or_null(object_with({"serviceName": text}))
_ACTION = object_with(
    {"type": text}, {"reload": _SERVICE, "restart": _SERVICE, "stop": _SERVICE, "active": boolean}
)
_ACTIONS = list_of(_ACTION)

IMAGE = by_key(
    "type",
    {
        "absent": object_with({}, {"boot": text}),
        "link": object_with({"target": text}, {"boot": text}),
        "file": object_with(
            {"store": file_name, **_RIGHTS, "mtime": _TIME, "xattrs": map_of(hexadecimal)},
            {"boot": text, "sha256": text, "links": integer(1)},
        ),
    },
)
_NAMED = {"kind": one_of({"file", "unit"}), "name": text, "original": IMAGE}
_WHY = {"cause": any_text, "remedy": any_text}
_ENTRY = by_key(
    "type",
    {
        "absent": object_with(_NAMED),
        "link": object_with({**_NAMED, "target": text}),
        "file": object_with({**_NAMED, "sha256": text, **_RIGHTS}),
    },
)
_ENTRIES = map_of(_ENTRY, path)
_OF_PATH = all_of(object_with(_WHY), _ENTRY)
_NOT_RESTORED = map_of(
    by_key(
        "kind",
        {"sshkey": object_with({"name": text, **_WHY}), "file": _OF_PATH, "unit": _OF_PATH},
    )
)

_PENDING_ACTIONS = object_with(
    {"boot_id": text, "actions": _ACTIONS},
    {
        "daemon_reload": boolean,
        "done": list_of(object_with({"type": text, "active": boolean}, {"restart": _SERVICE})),
        "watched": list_of(text),
        "ailing": list_of(text),
        "booted": boolean,
    },
    only=True,
)
# The keys of records since the first version.
_FROM_THE_FIRST = {
    "machine_id": text,
    "schema": integer(1),
    "serial": integer(),
    "run": text,
    # Any number: for an implausible one, the controller has a better remedy than a backup.
    "fence": integer(-(1 << 999), 1 << 999),
    "config": text,
    "paths": _ENTRIES,
    "units": map_of(object_with({"enabled": boolean}, {"before": text})),
    "keys": or_empty(object_with({"user": text, "keys": list_of(any_text)})),
    "debts": or_null(_PENDING_ACTIONS),
}
_LATER = {
    "since": text,
    "claimed": text,
    "links": _ENTRIES,
    "unreturned": _NOT_RESTORED,
    "folders": list_of(path),
    "reverted": or_empty(
        object_with(
            {"config": text, "cause": any_text, "cut_off": boolean},
            {"attempt": text, "boot_id": text, "locked_out": boolean, "broken_boot": boolean},
        )
    ),
    "attempt": text,
    "failed": or_empty(
        object_with(
            {"attempt": text, "config": text, "cause": any_text, "actions": _ACTIONS, "facts": text}
        )
    ),
    "tombstone": or_empty(object_with({"by": text, "at": text, "config": text})),
}
RECORD: Schema = object_with(_FROM_THE_FIRST, _LATER, only=True)
JOURNAL: Schema = object_with(
    {
        "serial": integer(),
        "record": RECORD,
        "actions": _ACTIONS,
        "awaits_confirmation": boolean,
        "folders": list_of(path),
        "images": map_of(IMAGE, path),
        "keys": map_of(or_null(any_text)),
    },
    {
        "config": text,
        "watched": list_of(text),
        "ailing": list_of(text),
        "started": list_of(text),
        "confirm_within": integer(),
        "rollbacks": integer(),
        "enabled": map_of(text),
    },
)
