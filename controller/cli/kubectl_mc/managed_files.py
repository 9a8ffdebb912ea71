"""The files, units and drop-ins that a config puts onto a node; pure."""

import base64
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Any

from controller.cli.kubectl_mc.ending import CommandError
from controller.rendering.changes import UNIT_FOLDER


def contents(manifest: Mapping[str, Any], path: str) -> bytes:
    """What the file, unit or drop-in at `path` holds.

    Raises:
        CommandError: no such path is managed; it names those that are near.
    """
    files = _files(manifest)
    if path not in files:
        raise CommandError(f"{manifest['config']} manages no {path}", _remedy(path, files))
    return files[path]


def _files(manifest: Mapping[str, Any]) -> dict[str, bytes]:
    found = {each["path"]: base64.b64decode(each["content"]) for each in manifest["files"]}
    for unit in manifest["units"]:
        place = f"{UNIT_FOLDER}/{unit['name']}"
        texts = {place: unit["contents"]}
        texts |= {f"{place}.d/{each['name']}": each["contents"] for each in unit["dropins"]}
        found |= {path: text.encode() for path, text in texts.items() if text is not None}
    return found


def _remedy(path: str, files: Mapping[str, bytes]) -> str:
    name = PurePosixPath(path).name
    namesakes = [each for each in files if PurePosixPath(each).name == name]
    near = namesakes or get_close_matches(path, files, cutoff=0.5) or sorted(files)[:3]
    return f"did you mean {' or '.join(near)}?" if near else "it manages no file and no unit"
