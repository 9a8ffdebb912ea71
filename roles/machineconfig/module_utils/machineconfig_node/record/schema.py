"""What a JSON value has to look like; the first place where it does not is named."""

from __future__ import annotations

from typing import Any, Callable, Container, Mapping

# Raises ShapeError where a value is not so; the word says where in the whole the value is.
Schema = Callable[[Any, str], None]

# The word for a whole file.
WHOLE = "it"
_NONE: Mapping[str, Schema] = {}


class SchemaError(ValueError):
    """A value is not what is expected at its place."""


def any_text(value: object, where: str) -> None:
    """A string that stands for the bytes of a text, whatever they are."""
    _require(_encoded(value) is not None, where, "is no text")


def text(value: object, where: str) -> None:
    """A string that can be the name of a file."""
    encoded = _encoded(value)
    _require(encoded is not None and b"\0" not in encoded, where, "is no text")


def path(value: object, where: str) -> None:
    """An absolute path."""
    text(value, where)
    _require(str(value).startswith("/"), where, "is no absolute path")


def file_name(value: object, where: str) -> None:
    """A name without a folder."""
    text(value, where)
    _require(str(value) not in {"", ".", ".."} and "/" not in str(value), where, "is no file name")


def hexadecimal(value: object, where: str) -> None:
    """Bytes as hexadecimal digits."""
    text(value, where)
    try:
        bytes.fromhex(str(value))
    except ValueError:
        raise SchemaError(f"{where} is not hexadecimal") from None


def boolean(value: object, where: str) -> None:
    """True or false."""
    _require(isinstance(value, bool), where, "is neither true nor false")


def integer(least: int = 0, most: int = (1 << 63) - 1) -> Schema:
    """A whole number in these bounds."""

    def shape(value: object, where: str) -> None:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        _require(is_whole, where, "is no whole number")
        _require(isinstance(value, int) and least <= value <= most, where, "is out of range")

    return shape


def one_of(words: Container[str]) -> Schema:
    """One of these words."""

    def shape(value: object, where: str) -> None:
        _require(isinstance(value, str) and value in words, where, "is none of its known words")

    return shape


def or_null(inner: Schema) -> Schema:
    """What is so, or null."""
    return lambda value, where: None if value is None else inner(value, where)


def or_empty(inner: Schema) -> Schema:
    """What is so, or an object without members."""
    return lambda value, where: None if value == {} else inner(value, where)


def list_of(inner: Schema) -> Schema:
    """A list of what is so."""

    def shape(value: object, where: str) -> None:
        if not isinstance(value, list):
            raise SchemaError(f"{where} is no list")
        for number_, each in enumerate(value):
            inner(each, _inside(where, str(number_)))

    return shape


def map_of(inner: Schema, key: Schema = text) -> Schema:
    """An object of any members that are so."""

    def shape(value: object, where: str) -> None:
        for name, each in _object(value, where).items():
            key(name, f"the name {name!a} in {where}")
            inner(each, _inside(where, name))

    return shape


def all_of(first: Schema, second: Schema) -> Schema:
    """What is one and the other."""

    def shape(value: object, where: str) -> None:
        first(value, where)
        second(value, where)

    return shape


def object_with(
    required: Mapping[str, Schema], optional: Mapping[str, Schema] = _NONE, *, only: bool = False
) -> Schema:
    """An object that has the required members, and no others where it has `only` these."""

    def shape(value: object, where: str) -> None:
        found = _object(value, where)
        for name in required:
            _require(name in found, where, f"has no member {name!r}")
        for name, each in found.items():
            inner = required.get(name) or optional.get(name)
            _require(bool(inner) or not only, where, f"has the unknown member {name!a}")
            if inner:
                inner(each, _inside(where, name))

    return shape


def by_key(name: str, kinds: Mapping[str, Schema]) -> Schema:
    """An object whose member of this name says which of the kinds it is."""

    def shape(value: object, where: str) -> None:
        kind = _object(value, where).get(name)
        one_of(kinds)(kind, _inside(where, name))
        kinds[str(kind)](value, where)

    return shape


def _encoded(value: object) -> bytes | None:
    """The bytes that a string stands for, in the same way in every locale; None for others."""
    try:
        return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else None
    except UnicodeEncodeError:
        return None


def _inside(where: str, name: str) -> str:
    return ascii(name)[1:-1] if where == WHOLE else f"{where}.{ascii(name)[1:-1]}"


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SchemaError(f"{where} is no object")
    return value


def _require(condition: bool, where: str, otherwise: str) -> None:  # noqa: FBT001 - the condition
    if not condition:
        raise SchemaError(f"{where} {otherwise}")
