"""A rendered config decoded for a node: plain files, units and keys, nothing left to interpret.

`{"config": name, "files": [{path, mode, user, group, content}], "units": [{name, enabled, mask,
contents, dropins: [{name, contents}]}], "user": name, "keys": [key]}`; `content` is base64.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any, Final

from controller.ignition import parse
from controller.rendering import support
from controller.rendering.contents import decode
from controller.rendering.refusal import Refusal, in_config

_MODE: Final = 0o644


class ManifestError(ValueError):
    """The document is no config that a node can be given."""


def manifest(document: Mapping[str, Any], boot_user: str) -> dict[str, Any]:
    """The manifest of a MachineConfig object, or of a plain Ignition config.

    Raises:
        ManifestError: naming every problem, a line each.
    """
    name, config = _name_and_config(document)
    result = parse(json.dumps(config).encode(), older=True)
    problems = [
        str(Refusal(name, in_config(each.path), each.message))
        for each in result.report
        if each.kind == "error"
    ]
    if result.config is None or problems:
        raise ManifestError("\n".join(problems) or f"{name} is no Ignition config")
    refused = [
        str(Refusal(name, in_config(path), reason, remedy))
        for path, reason, remedy in support.problems(result.config, boot_user)
    ]
    if document.get("spec", {}).get("kernelArguments"):
        refused.append(f"{name}: spec.kernelArguments: kernel arguments are not supported yet")
    if refused:
        raise ManifestError("\n".join(refused))
    return _decoded(name, result.config, boot_user)


def _name_and_config(document: Mapping[str, Any]) -> tuple[str, Any]:
    if document.get("kind") == "MachineConfig":
        return document["metadata"]["name"], document["spec"].get("config")
    return "ignition", document


def _decoded(name: str, config: Mapping[str, Any], boot_user: str) -> dict[str, Any]:
    users = config.get("passwd", {}).get("users", [])
    return {
        "config": name,
        "files": [_file(each) for each in config.get("storage", {}).get("files", [])],
        "units": [_unit(each) for each in config.get("systemd", {}).get("units", [])],
        "user": boot_user,
        "keys": [key.strip() for user in users for key in user.get("sshAuthorizedKeys", [])],
    }


def _file(file: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "path": file["path"],
        "mode": file.get("mode", _MODE),
        "user": _owner(file.get("user")),
        "group": _owner(file.get("group")),
        "content": base64.b64encode(decode(file.get("contents") or {})).decode(),
    }


def _owner(owner: Mapping[str, Any] | None) -> int | str | None:
    known: int | str | None = (owner or {}).get("id", (owner or {}).get("name"))
    return known


def _unit(unit: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": unit["name"],
        "enabled": unit.get("enabled"),
        "mask": unit.get("mask"),
        "contents": unit.get("contents"),
        "dropins": [
            {"name": each["name"], "contents": each.get("contents")}
            for each in unit.get("dropins", [])
        ],
    }
