"""The contents of the files, units and drop-ins that a config manages; pure."""

import base64
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Any, Final

from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.rendering.changes import unit_texts

_MAX_LISTED: Final = 10
# How similar a path is that may be meant; 1 is equal.
_SIMILARITY: Final = 0.8


def file_contents(manifest: Mapping[str, Any], path: str) -> bytes:
    """Return the contents of the file, unit or drop-in at `path`.

    Raises:
        CommandError: the path is not managed; the remedy names similar paths, or all.
    """
    files = _files(manifest)
    if path not in files:
        raise CommandError(f"{manifest['config']} does not manage {path}", _remedy(path, files))
    return files[path]


def _files(manifest: Mapping[str, Any]) -> dict[str, bytes]:
    files = {file["path"]: base64.b64decode(file["content"]) for file in manifest["files"]}
    for unit in manifest["units"]:
        files |= unit_texts(unit)
    return files


def _remedy(path: str, files: Mapping[str, bytes]) -> str:
    name = PurePosixPath(path).name
    same_name = [each for each in files if PurePosixPath(each).name == name]
    if similar := same_name or get_close_matches(path, files, cutoff=_SIMILARITY):
        return f"did you mean {' or '.join(similar)}?"
    if len(files) > _MAX_LISTED:
        return "`kubectl mc render --pool POOL --explain` lists what is managed"
    return f"it manages {', '.join(sorted(files)) or 'no file and no unit'}"
