"""What a JSON value has to look like; the first place where it does not is named."""

from __future__ import annotations

from typing import Any, Callable, Container, Mapping

# Raises ShapeError where a value is not so; the word says where in the whole the value is.
Shape = Callable[[Any, str], None]

# The word for a whole file.
WHOLE = "it"
_NONE: Mapping[str, Shape] = {}


class ShapeError(ValueError):
    """A value is not what is expected at its place."""


def content(value: object, where: str) -> None:
    """A string that stands for the bytes of a text, whatever they are."""
    _demand(_encoded(value) is not None, where, "is no text")


def text(value: object, where: str) -> None:
    """A string that can be the name of a file."""
    encoded = _encoded(value)
    _demand(encoded is not None and b"\0" not in encoded, where, "is no text")


def path(value: object, where: str) -> None:
    """An absolute path."""
    text(value, where)
    _demand(str(value).startswith("/"), where, "is no absolute path")


def file_name(value: object, where: str) -> None:
    """A name without a folder."""
    text(value, where)
    _demand(str(value) not in {"", ".", ".."} and "/" not in str(value), where, "is no file name")


def hexadecimal(value: object, where: str) -> None:
    """Bytes as hexadecimal digits."""
    text(value, where)
    try:
        bytes.fromhex(str(value))
    except ValueError:
        raise ShapeError(f"{where} is not hexadecimal") from None


def flag(value: object, where: str) -> None:
    """True or false."""
    _demand(isinstance(value, bool), where, "is neither true nor false")


def number(least: int = 0, most: int = (1 << 63) - 1) -> Shape:
    """A whole number in these bounds."""

    def shape(value: object, where: str) -> None:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        _demand(is_whole, where, "is no whole number")
        _demand(isinstance(value, int) and least <= value <= most, where, "is out of range")

    return shape


def word(words: Container[str]) -> Shape:
    """One of these words."""

    def shape(value: object, where: str) -> None:
        _demand(isinstance(value, str) and value in words, where, "is none of its known words")

    return shape


def or_null(inner: Shape) -> Shape:
    """What is so, or null."""
    return lambda value, where: None if value is None else inner(value, where)


def or_empty(inner: Shape) -> Shape:
    """What is so, or an object without members."""
    return lambda value, where: None if value == {} else inner(value, where)


def list_of(inner: Shape) -> Shape:
    """A list of what is so."""

    def shape(value: object, where: str) -> None:
        if not isinstance(value, list):
            raise ShapeError(f"{where} is no list")
        for number_, each in enumerate(value):
            inner(each, _inside(where, str(number_)))

    return shape


def map_of(inner: Shape, key: Shape = text) -> Shape:
    """An object of any members that are so."""

    def shape(value: object, where: str) -> None:
        for name, each in _object(value, where).items():
            key(name, f"the name {name!a} in {where}")
            inner(each, _inside(where, name))

    return shape


def both(first: Shape, second: Shape) -> Shape:
    """What is one and the other."""

    def shape(value: object, where: str) -> None:
        first(value, where)
        second(value, where)

    return shape


def members(
    required: Mapping[str, Shape], optional: Mapping[str, Shape] = _NONE, *, only: bool = False
) -> Shape:
    """An object that has the required members, and no others where it has `only` these."""

    def shape(value: object, where: str) -> None:
        found = _object(value, where)
        for name in required:
            _demand(name in found, where, f"has no member {name!r}")
        for name, each in found.items():
            inner = required.get(name) or optional.get(name)
            _demand(bool(inner) or not only, where, f"has the unknown member {name!a}")
            if inner:
                inner(each, _inside(where, name))

    return shape


def by_member(name: str, kinds: Mapping[str, Shape]) -> Shape:
    """An object whose member of this name says which of the kinds it is."""

    def shape(value: object, where: str) -> None:
        kind = _object(value, where).get(name)
        word(kinds)(kind, _inside(where, name))
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
        raise ShapeError(f"{where} is no object")
    return value


def _demand(condition: bool, where: str, otherwise: str) -> None:  # noqa: FBT001 - the condition
    if not condition:
        raise ShapeError(f"{where} {otherwise}")
