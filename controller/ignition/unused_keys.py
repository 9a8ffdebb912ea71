"""Keys that Ignition ignores: a warning each, with the name that may have been meant.

Names are compared exactly here, though decoding ignores their case: a key that only differs in
case is used and warned about.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from controller.ignition.json_text import JSON, Object
from controller.ignition.report import Entry, warning
from controller.ignition.schema import Keyed, Repeated, Struct, Type

# What people write though nothing in its spelling is near to the key.
_OFTEN_MEANT = {"user": "name", "permissions": "mode", "keys": "sshAuthorizedKeys"}


def unused_keys(kind: Type, content: Any, source: JSON, path: str) -> Iterator[Entry]:  # noqa: ANN401 - any decoded value
    """Yield a warning for each key of `source` that had no part in `content`."""
    match kind, source:
        case Struct(), Object():
            for key, member in dict(source.members).items():
                if field := kind.fields.get(key):
                    yield from unused_keys(field, content[key], member, f"{path}.{key}")
                else:
                    yield warning(f"{path}.{key}", _unused(key, kind.fields))
        case Struct(), _:
            yield warning(path, "null where an object is expected means the same as no key at all")
        case ((Keyed() | Repeated()), list()):
            for index, (item, item_source) in enumerate(zip(content, source, strict=False)):
                yield from unused_keys(kind.of, item, item_source, f"{path}.{index}")


def _unused(key: str, fields: Mapping[str, Type]) -> str:
    spelled = {name.lower(): name for name in fields}
    near = get_close_matches(key.lower(), spelled, n=1)
    meant = spelled[near[0]] if near else _OFTEN_MEANT.get(key.lower())
    return f"unused key {key}" + (f"; did you mean {meant}?" if meant in fields else "")
