"""Schemas of JSON values; the first part of a value that does not match is reported."""

from __future__ import annotations

from typing import Any, Callable, Container, Mapping

# Raises a SchemaError if a value does not match; the string is its place in the whole.
Schema = Callable[[Any, str], None]

# The place of a whole file.
WHOLE = "it"
_NONE: Mapping[str, Schema] = {}


class SchemaError(ValueError):
    """A value does not match its schema."""


def any_text(value: object, where: str) -> None:
    """Accept a string that encodes the bytes of a text, whatever they are."""
    _require(_encoded(value) is not None, where, "is not a text")


def text(value: object, where: str) -> None:
    """Accept a string that can be the name of a file."""
    encoded = _encoded(value)
    _require(encoded is not None and b"\0" not in encoded, where, "is not a text")


def path(value: object, where: str) -> None:
    """Accept an absolute path."""
    text(value, where)
    _require(str(value).startswith("/"), where, "is not an absolute path")


def file_name(value: object, where: str) -> None:
    """Accept a name without a folder."""
    text(value, where)
    _require(
        str(value) not in {"", ".", ".."} and "/" not in str(value), where, "is not a file name"
    )


def hexadecimal(value: object, where: str) -> None:
    """Accept bytes as hexadecimal digits."""
    text(value, where)
    try:
        bytes.fromhex(str(value))
    except ValueError:
        raise SchemaError(f"{where} is not hexadecimal") from None


def boolean(value: object, where: str) -> None:
    """Accept true or false."""
    _require(isinstance(value, bool), where, "is neither true nor false")


def integer(least: int = 0, most: int = (1 << 63) - 1) -> Schema:
    """Accept an integer in these bounds."""

    def schema(value: object, where: str) -> None:
        is_integer = isinstance(value, int) and not isinstance(value, bool)
        _require(is_integer, where, "is not an integer")
        _require(isinstance(value, int) and least <= value <= most, where, "is out of range")

    return schema


def one_of(words: Container[str]) -> Schema:
    """Accept one of these strings."""

    def schema(value: object, where: str) -> None:
        _require(isinstance(value, str) and value in words, where, "has an unknown value")

    return schema


def or_null(inner: Schema) -> Schema:
    """Accept what `inner` accepts, or null."""
    return lambda value, where: None if value is None else inner(value, where)


def or_empty(inner: Schema) -> Schema:
    """Accept what `inner` accepts, or an empty object."""
    return lambda value, where: None if value == {} else inner(value, where)


def list_of(inner: Schema) -> Schema:
    """Accept a list of what `inner` accepts."""

    def schema(value: object, where: str) -> None:
        if not isinstance(value, list):
            raise SchemaError(f"{where} is not a list")
        for index, each in enumerate(value):
            inner(each, _inside(where, str(index)))

    return schema


def map_of(inner: Schema, key: Schema = text) -> Schema:
    """Accept an object whose keys match `key`, and whose values match `inner`."""

    def schema(value: object, where: str) -> None:
        for name, each in _object(value, where).items():
            key(name, f"the name {name!a} in {where}")
            inner(each, _inside(where, name))

    return schema


def all_of(first: Schema, second: Schema) -> Schema:
    """Accept what both schemas accept."""

    def schema(value: object, where: str) -> None:
        first(value, where)
        second(value, where)

    return schema


def object_with(
    required: Mapping[str, Schema], optional: Mapping[str, Schema] = _NONE, *, only: bool = False
) -> Schema:
    """Accept an object with the required keys, and with no unknown keys if `only` is true."""

    def schema(value: object, where: str) -> None:
        found = _object(value, where)
        for name in required:
            _require(name in found, where, f"lacks the key {name!r}")
        for name, each in found.items():
            inner = required.get(name) or optional.get(name)
            _require(bool(inner) or not only, where, f"has the unknown key {name!a}")
            if inner:
                inner(each, _inside(where, name))

    return schema


def by_key(name: str, schemas: Mapping[str, Schema]) -> Schema:
    """Accept an object for which the value of a key selects one of the schemas."""

    def schema(value: object, where: str) -> None:
        selected = _object(value, where).get(name)
        one_of(schemas)(selected, _inside(where, name))
        schemas[str(selected)](value, where)

    return schema


def _encoded(value: object) -> bytes | None:
    """Return the bytes that a string encodes, in every locale; None for other values."""
    try:
        return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else None
    except UnicodeEncodeError:
        return None


def _inside(where: str, name: str) -> str:
    return ascii(name)[1:-1] if where == WHOLE else f"{where}.{ascii(name)[1:-1]}"


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SchemaError(f"{where} is not an object")
    return value


def _require(condition: bool, where: str, otherwise: str) -> None:  # noqa: FBT001 - the condition
    if not condition:
        raise SchemaError(f"{where} {otherwise}")
