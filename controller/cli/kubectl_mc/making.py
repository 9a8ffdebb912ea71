"""A MachineConfig made of local files; pure."""

import base64
import gzip
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import quote

from controller.api.names import API_VERSION, ROLE_LABEL
from controller.cli.kubectl_mc.ending import CommandError
from controller.cli.kubectl_mc.text import as_text

Json = dict[str, Any]

# Below this a compressed file saves little, and nobody can read it any more.
_WORTH_COMPRESSING: Final = 32 * 1024
_WRITE_FOR_OTHERS: Final = 0o022
_UNRESERVED: Final = "!$&'()*+,./:;=?@_~-"
_FILE: Final = re.compile(r"(?P<local>.+?):(?P<remote>/.*?)(?::(?P<mode>[0-9]{3,5}))?")
_PUBLIC_KEY: Final = re.compile(
    r"(?:.*\s)?(?:ssh-[a-z0-9-]+|ecdsa-sha2-\S+|sk-\S+@openssh\.com)\s+[A-Za-z0-9+/]{16,}=*(?:\s.*)?"
)


@dataclass(frozen=True)
class FileSpec:
    """What `--file LOCAL:REMOTE[:MODE]` says; a mode of None is the local file's."""

    local: str
    remote: str
    mode: int | None

    @classmethod
    def parse(cls, text: str) -> "FileSpec":
        """Read the option's value.

        Raises:
            CommandError: it is no such thing.
        """
        match = _FILE.fullmatch(text)
        if not match:
            remedy = "write LOCAL:REMOTE[:MODE], for example --file motd:/etc/motd:0644"
            raise CommandError(f"--file {text}: no absolute path on the node", remedy)
        try:
            mode = int(match["mode"], 8) if match["mode"] else None
        except ValueError:
            raise CommandError(f"--file {text}: {match['mode']} is no mode", "write 0644") from None
        return cls(match["local"], match["remote"], mode)


@dataclass(frozen=True)
class LocalFile:
    """A file as it was read: where from, what it holds, and its permission bits."""

    path: str
    data: bytes
    mode: int


def machine_config(name: str, role: str, sections: Json) -> Json:
    """The manifest of a MachineConfig that the pool of `role` selects."""
    return {
        "apiVersion": API_VERSION,
        "kind": "MachineConfig",
        "metadata": {"name": name, "labels": {ROLE_LABEL: role}},
        "spec": {"config": {"ignition": {"version": "3.4.0"}, **sections}},
    }


def sections(files: Sequence[Json], units: Sequence[Json], keys: Json | None) -> Json:
    """The sections of an Ignition config that there is something for."""
    made = {
        "storage": {"files": list(files)} if files else None,
        "systemd": {"units": list(units)} if units else None,
        "passwd": {"users": [keys]} if keys else None,
    }
    return {section: members for section, members in made.items() if members}


def file(spec: FileSpec, local: LocalFile) -> Json:
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


def units(local: Iterable[LocalFile], *, enable: bool) -> list[Json]:
    """The entries of units and their drop-ins, in the order in which they were named.

    Raises:
        CommandError: a file is no text, or nothing is there to enable.
    """
    made: dict[str, Json] = {}
    for each in local:
        unit, dropin = _place(PurePath(each.path))
        entry = made.setdefault(unit, {"name": unit})
        if dropin:
            entry.setdefault("dropins", []).append({"name": dropin, "contents": _text(each)})
        elif "contents" in entry:
            raise CommandError(f"--unit {each.path}: {unit} is given twice", "name it once")
        else:
            entry.update({"enabled": True} if enable else {}, contents=_text(each))
    if enable and not any("contents" in entry for entry in made.values()):
        raise CommandError("--enable: there is no unit to enable", "name one with --unit")
    return list(made.values())


def _place(path: PurePath) -> tuple[str, str]:
    """The unit, and the drop-in where the file is one: X.service.d/NAME.conf."""
    folder = path.parent.name
    if path.suffix == ".conf" and folder.endswith(".d") and "." in folder.removesuffix(".d"):
        return folder.removesuffix(".d"), path.name
    return path.name, ""


def _text(local: LocalFile) -> str:
    text = as_text(local.data)
    if text is None:
        raise CommandError(f"{local.path} is no text", "name the unit's own file")
    return text


def ssh_keys(user: str, files: Iterable[LocalFile]) -> Json | None:
    """The entry of the user whose keys are managed; None without a key."""
    keys = [key for each in files for key in _keys(each)]
    return {"name": user, "sshAuthorizedKeys": keys} if keys else None


def _keys(local: LocalFile) -> Iterator[str]:
    found = False
    for number, line in enumerate(local.data.decode(errors="replace").splitlines(), 1):
        key = line.strip()
        if not key or key.startswith("#"):
            continue
        if not _PUBLIC_KEY.fullmatch(key):
            remedy = "name the public key, which ends in .pub, and never the private one"
            raise CommandError(f"{local.path}:{number} is no public SSH key", remedy)
        found = True
        yield key
    if not found:
        raise CommandError(f"{local.path} holds no key", "name a file of public keys")
