"""Versions 3.0 to 3.3: 3.4.0 without what was added since.

A key that a version did not know yet is ignored in a config of that version, as any unknown key.
"""

import re
from collections.abc import Iterator, Mapping

from controller.ignition import schema
from controller.ignition.decode import decode, fold_case
from controller.ignition.json_text import JSON, Object
from controller.ignition.report import Entry, warning
from controller.ignition.schema import Keyed, Repeated, Struct, Type

# Leading zeros do not matter to Go's semver package, nor do empty suffixes.
_OLDER = re.compile(r"0*3\.0*(?P<minor>[0-3])\.0+-?\+?")
_VERSION = Struct({"ignition": Struct({"version": schema.NAME})})

_SINCE: Mapping[Struct, Mapping[str, int]] = {
    schema.CONFIG: {"kernelArguments": 3},
    schema.IGNITION: {"proxy": 1},
    schema.RESOURCE: {"httpHeaders": 1},
    schema.FILESYSTEM: {"mountOptions": 1},
    schema.STORAGE: {"luks": 2},
    schema.PARTITION: {"resize": 2},
    schema.USER: {"shouldExist": 2},
    schema.GROUP: {"shouldExist": 2},
    schema.LUKS: {"discard": 4, "openOptions": 4},
    schema.TANG: {"advertisement": 4},
}


def older_minor(source: JSON) -> int | None:
    """Return the minor version of a config that is older than 3.4.0, None for any other.

    Raises:
        TypeMismatchError: there is no telling, for the version is no string.
    """
    older = _OLDER.fullmatch(decode(_VERSION, source)["ignition"]["version"])
    return int(older["minor"]) if older else None


def translate(source: JSON, minor: int) -> tuple[Entry, ...]:
    """Take out, in place, what version 3.`minor` ignores; return a warning for each key."""
    return tuple(_drop_younger(schema.CONFIG, source, minor, "$"))


def _drop_younger(kind: Type, source: JSON, minor: int, path: str) -> Iterator[Entry]:
    match kind, source:
        case Struct(), Object():
            since = {fold_case(name): added for name, added in _SINCE.get(kind, {}).items()}
            fields = {fold_case(name): field for name, field in kind.fields.items()}
            members, source.members = source.members, []
            for key, member in members:
                if since.get(fold_case(key), 0) > minor:
                    yield warning(f"{path}.{key}", f"unused key {key}")
                    continue
                source.members.append((key, member))
                if field := fields.get(fold_case(key)):
                    yield from _drop_younger(field, member, minor, f"{path}.{key}")
        case ((Keyed() | Repeated()), list()):
            for index, item in enumerate(source):
                yield from _drop_younger(kind.of, item, minor, f"{path}.{index}")
