"""The files, units and drop-ins that a config puts onto a node; pure."""

import base64
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Any, Final

from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.rendering.changes import unit_texts

_FEW: Final = 10
# How alike two paths are that may be a slip of one another; 1 is the same.
_NEAR: Final = 0.8


def contents(manifest: Mapping[str, Any], path: str) -> bytes:
    """What the file, unit or drop-in at `path` holds.

    Raises:
        CommandError: no such path is managed; it names those that are near, or all.
    """
    files = _files(manifest)
    if path not in files:
        raise CommandError(f"{manifest['config']} manages no {path}", _remedy(path, files))
    return files[path]


def _files(manifest: Mapping[str, Any]) -> dict[str, bytes]:
    found = {each["path"]: base64.b64decode(each["content"]) for each in manifest["files"]}
    for unit in manifest["units"]:
        found |= unit_texts(unit)
    return found


def _remedy(path: str, files: Mapping[str, bytes]) -> str:
    name = PurePosixPath(path).name
    namesakes = [each for each in files if PurePosixPath(each).name == name]
    if near := namesakes or get_close_matches(path, files, cutoff=_NEAR):
        return f"did you mean {' or '.join(near)}?"
    if len(files) > _FEW:
        return "`kubectl mc render --pool POOL --explain` lists what is managed"
    return f"it manages {', '.join(sorted(files)) or 'no file and no unit'}"
