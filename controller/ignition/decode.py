"""JSON values into the schema's types, by the rules of Go's encoding/json.

Keys match whatever their case. A repeated key adds to what the earlier one gave: the last value
wins, objects are combined. `null` unsets what can be unset and changes nothing else.
"""

import re
from collections.abc import Iterator
from typing import Any

from controller.ignition.json_text import JSON, Number, Object
from controller.ignition.schema import Content, Keyed, Repeated, Scalar, Struct, Type

_INTEGER = re.compile(r"-?[0-9]{1,19}")
_INT64 = range(-(2**63), 2**63)
_SCALAR_NAMES = {str: "a string", int: "an integer", bool: "true or false"}


class TypeMismatchError(ValueError):
    """A value is of another type than the schema's; the message says where."""


def decode(struct: Struct, value: JSON) -> Content:
    """Return the content: every field of every struct is there, unset ones as None or [].

    Raises:
        TypeMismatchError: a value is of another type than the schema's.
    """
    content: Content = _decode(struct, value, _blank(struct), "$")
    return content


def prune(value: Any) -> Any:  # noqa: ANN401 - any plain data, and the same kind comes back
    """Return a copy without the members of objects that are unset or empty; lists keep theirs."""
    if isinstance(value, dict):
        members = ((name, prune(member)) for name, member in value.items())
        return {name: member for name, member in members if member not in (None, {}, [])}
    return [prune(item) for item in value] if isinstance(value, list) else value


def _blank(kind: Type) -> Any:  # noqa: ANN401 - what it is depends on the type
    match kind:
        case Struct():
            return {name: _blank(field) for name, field in kind.fields.items()}
        case Keyed() | Repeated():
            return []
        case Scalar():
            return kind.default


def _decode(kind: Type, value: JSON, old: Any, path: str) -> Any:  # noqa: ANN401 - as above
    match kind, value:
        case Struct(), None:
            return old
        case Struct(), Object():
            for name, member in _known_members(kind, value):
                old[name] = _decode(kind.fields[name], member, old[name], f"{path}.{name}")
            return old
        case Struct(), _:
            raise _mismatch(path, "an object", value)
        case ((Keyed() | Repeated()), None):
            return []
        case ((Keyed() | Repeated()), list()):
            olds = old + [_blank(kind.of) for _ in value[len(old) :]]
            return [
                _decode(kind.of, item, before, f"{path}.{index}")
                for index, (item, before) in enumerate(zip(value, olds, strict=False))
            ]
        case ((Keyed() | Repeated()), _):
            raise _mismatch(path, "a list", value)
        case Scalar(), None:
            return old if kind.default is not None or kind.blank_is_unset else None
        case Scalar(), _:
            scalar = _scalar(kind, value, path)
            return None if kind.blank_is_unset and not scalar else scalar


def _known_members(struct: Struct, value: Object) -> Iterator[tuple[str, JSON]]:
    folded = {fold_case(name): name for name in struct.fields}
    for key, member in value.members:
        name = key if key in struct.fields else folded.get(fold_case(key))
        if name is not None:
            yield name, member


def fold_case(key: str) -> str:
    """Return the key without its case, as Go sees it: a long s is an `s`, a Kelvin sign a `k`."""
    return key.replace("\u017f", "s").lower()


def _scalar(kind: Scalar, value: JSON, path: str) -> str | int | bool:
    match value:
        case str() | bool() if type(value) is kind.python:
            return value
        case Number(text) if kind.python is int and _INTEGER.fullmatch(text):
            if int(text) in _INT64:
                return int(text)
    raise _mismatch(path, _SCALAR_NAMES[kind.python], value)


def _mismatch(path: str, expected: str, value: JSON) -> TypeMismatchError:
    match value:
        case Number():
            found = f"the number {value.text:.40}"
        case str():
            found = "a string"
        case bool():
            found = "true or false"
        case Object():
            found = "an object"
        case _:
            found = "a list" if isinstance(value, list) else "null"
    return TypeMismatchError(f"{path} must be {expected}, not {found}")
