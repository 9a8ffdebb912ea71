"""The files of a MachineConfig, made of local ones; pure."""

import base64
import gzip
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from controller.api.json_object import Json
from controller.cli.kubectl_mc.arguments.file_spec import FileSpec
from controller.cli.kubectl_mc.authoring.draft import Part
from controller.cli.kubectl_mc.files.local_files import LocalFile
from controller.cli.kubectl_mc.terminal.plain_text import as_text

# Below this a compressed file saves little, and nobody can read it any more.
_WORTH_COMPRESSING: Final = 32 * 1024
_WRITE_FOR_OTHERS: Final = 0o022
_UNRESERVED: Final = "!$&'()*+,./:;=?@_~-"


def files(given: Iterable[tuple[FileSpec, LocalFile]]) -> Part:
    """The entries of these files, in the order in which they were named."""
    entries: list[Json] = []
    origins: dict[str, str] = {}
    for spec, local in given:
        origins[f"storage.files.{len(entries)}"] = f"--file {spec.text}"
        entries.append(_file(spec, local))
    return Part({"storage": {"files": entries}} if entries else {}, origins)


def _file(spec: FileSpec, local: LocalFile) -> Json:
    """The entry of a file; nobody but its owner may write what was copied without a mode."""
    mode = local.mode & 0o777 & ~_WRITE_FOR_OTHERS if spec.mode is None else spec.mode
    return {"path": spec.remote, "mode": mode, "contents": contents(local.data)}


def contents(data: bytes) -> Json:
    """A `data:` URL, readable where that costs nothing, compressed where that helps."""
    plain = _source(data)
    if len(data) > _WORTH_COMPRESSING:
        compressed = _base64(gzip.compress(data, mtime=0))
        if len(compressed) < len(plain):
            return {"compression": "gzip", "source": compressed}
    return {"source": plain}


def _source(data: bytes) -> str:
    encoded = _base64(data)
    readable = f"data:,{quote(data, safe=_UNRESERVED)}"
    return readable if as_text(data) is not None and len(readable) <= len(encoded) else encoded


def _base64(data: bytes) -> str:
    return f"data:;base64,{base64.b64encode(data).decode()}"
