"""The effect of a rendered config on a node: its files, units and keys in a canonical form.

Equivalent configs have the same effect: lists are sorted, defaults are explicit, and members that
change nothing are left out.
"""

import base64
from collections.abc import Iterator, Mapping
from typing import Any, Final

from controller.rendering import ssh_keys
from controller.rendering.contents import decode

Effect = dict[str, Any]

_MODE: Final = 0o644
_ROOT: Final = (None, "", "root")


def effect(config: Mapping[str, Any], boot_user: str) -> Effect:
    """Return the effect of a supported Ignition config.

    Returns:
        `{"files": [{path, mode, user, group, content}], "units": [{name, enabled, mask, contents,
        dropins: [{name, contents}]}], "user": name, "keys": [key]}`; `content` is base64, an
        owner a number or a name, and None stands for an unset member.
    """
    files = config.get("storage", {}).get("files", ())
    units = config.get("systemd", {}).get("units", ())
    return {
        "files": sorted(map(_file, files), key=lambda each: str(each["path"])),
        "units": sorted(_units(units), key=lambda each: str(each["name"])),
        "user": boot_user,
        "keys": _keys(config),
    }


def _file(file: Mapping[str, Any]) -> Effect:
    return {
        "path": file["path"],
        "mode": file.get("mode", _MODE),
        "user": _owner(file.get("user") or {}),
        "group": _owner(file.get("group") or {}),
        "content": base64.b64encode(decode(file.get("contents") or {})).decode(),
    }


def _owner(owner: Mapping[str, Any]) -> int | str:
    """Return 0 for root, whether by number or by name."""
    known: int | str | None = owner.get("id", owner.get("name"))
    return 0 if known is None or known in _ROOT else known


def _units(units: Iterator[Mapping[str, Any]] | tuple[()]) -> Iterator[Effect]:
    for unit in units:
        dropins = [
            {"name": each["name"], "contents": each.get("contents") or None}
            for each in unit.get("dropins", ())
        ]
        described = {
            "name": unit["name"],
            "enabled": unit.get("enabled"),
            "mask": unit.get("mask"),
            # A mask is a link at the path of the unit's text.
            "contents": None if unit.get("mask") else unit.get("contents") or None,
            "dropins": sorted(dropins, key=lambda each: str(each["name"])),
        }
        if dropins or any(described[each] is not None for each in ("enabled", "mask", "contents")):
            yield described


def _keys(config: Mapping[str, Any]) -> list[str]:
    users = config.get("passwd", {}).get("users", ())
    entries = (entry for user in users for entry in user.get("sshAuthorizedKeys", ()))
    return sorted({key for entry in entries for key in ssh_keys.keys(entry)})
