"""The files of a MachineConfig, from local files; pure."""

import base64
import gzip
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from controller.api.json_object import Json
from controller.cli.kubectl_mc.arguments.file_spec import FileSpec
from controller.cli.kubectl_mc.authoring.draft import DraftPart
from controller.cli.kubectl_mc.files.local_files import LocalFile
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.cli.kubectl_mc.terminal.plain_text import as_text

# Below this, compression saves little, and makes the contents unreadable.
_MIN_COMPRESSED: Final = 32 * 1024
_WRITE_FOR_OTHERS: Final = 0o022
_UNRESERVED: Final = "!$&'()*+,./:;=?@_~-"


def file_part(files: Iterable[tuple[FileSpec, LocalFile]]) -> DraftPart:
    """Return the entries of these files, in their order.

    Raises:
        CommandError: a path is given twice.
    """
    entries: list[Json] = []
    origins: dict[str, str] = {}
    for spec, local in files:
        if any(spec.remote == each["path"] for each in entries):
            raise CommandError(f"--file {spec.text}: {spec.remote} is given twice", "remove one")
        origins[f"storage.files.{len(entries)}"] = f"--file {spec.text}"
        entries.append(_file(spec, local))
    return DraftPart({"storage": {"files": entries}} if entries else {}, origins)


def _file(spec: FileSpec, local: LocalFile) -> Json:
    """Return the entry of a file; a mode that is copied is not writable for group and others."""
    mode = local.mode & 0o777 & ~_WRITE_FOR_OTHERS if spec.mode is None else spec.mode
    return {"path": spec.remote, "mode": mode, "contents": encoded_contents(local.data)}


def encoded_contents(data: bytes) -> Json:
    """Return a `data:` URL, readable if that is not longer, compressed if that is shorter."""
    plain = _source(data)
    if len(data) > _MIN_COMPRESSED:
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
