"""What a rendered config does to a node: plain files, units and keys, nothing left to interpret.

Two configs that say the same in other words have the same effect: every list is in the order of its
keys, what a default would add is said, and what changes nothing is left out.
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
    """The effect of a supported Ignition config.

    Returns:
        `{"files": [{path, mode, user, group, content}], "units": [{name, enabled, mask, contents,
        dropins: [{name, contents}]}], "user": name, "keys": [key]}`; `content` is base64, an
        owner a number or a name, and None stands for what is left alone.
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
    """Root is 0 on every Linux, however it is called."""
    known: int | str | None = owner.get("id", owner.get("name"))
    return 0 if known is None or known in _ROOT else known


def _units(units: Iterator[Mapping[str, Any]] | tuple[()]) -> Iterator[Effect]:
    for unit in units:
        dropins = [
            {"name": each["name"], "contents": each.get("contents") or None}
            for each in unit.get("dropins", ())
        ]
        made = {
            "name": unit["name"],
            "enabled": unit.get("enabled"),
            "mask": unit.get("mask"),
            # The link that masks a unit stands where its text would.
            "contents": None if unit.get("mask") else unit.get("contents") or None,
            "dropins": sorted(dropins, key=lambda each: str(each["name"])),
        }
        if dropins or any(made[each] is not None for each in ("enabled", "mask", "contents")):
            yield made


def _keys(config: Mapping[str, Any]) -> list[str]:
    users = config.get("passwd", {}).get("users", ())
    entries = (entry for user in users for entry in user.get("sshAuthorizedKeys", ()))
    return sorted({key for entry in entries for key in ssh_keys.keys(entry)})
