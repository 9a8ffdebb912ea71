"""Decoding of JSON values to the schema's types, by the rules of Go's encoding/json.

Keys match regardless of case. A repeated key adds to the earlier one: the last value wins, objects
are merged, and lists item by item. `null` unsets members that can be unset and has no other effect.
"""

from typing import Any

from controller.ignition.report import Entry, error
from controller.ignition.schema import Content, List, Scalar, Struct
from controller.ignition.syntax.json_text import JSON, Number

_INT64 = range(-(2**63), 2**63)
_EXPECTED = {str: "a string", int: "an integer", bool: "true or false"}


def decode(struct: Struct, value: JSON) -> tuple[Content, tuple[Entry, ...]]:
    """Return the content, and an error for each value of the wrong type.

    The content contains every field of every struct; unset ones are blank. Blank values are shared,
    so content must not be modified.
    """
    decoder = _Decoder()
    content = decoder.struct(struct, value, struct.blank, "$")
    return content, tuple(decoder.mismatches)


class _Slice(list[Any]):
    """The items of a repeated key, and the items of an earlier, longer one beyond its end.

    Go decodes an item into the earlier value at its index, even if the list was shorter meanwhile.
    """

    def __init__(self, beyond: list[Any]) -> None:
        super().__init__()
        self.beyond = beyond


class _Decoder:
    """Decodes, and collects values of the wrong type."""

    def __init__(self) -> None:
        self.mismatches: list[Entry] = []

    def struct(self, type_: Struct, value: JSON, old: Content, path: str) -> Content:
        """Return `old`, updated with the members of an object."""
        if value is None:
            return old
        if not isinstance(value, tuple):
            self._mismatch(path, "an object", value)
            return old
        content = old.copy()
        for key, member in value:
            name = key if key in type_.fields else type_.folded.get(fold_case(key))
            if name is None:
                continue
            field = type_.fields[name]
            if isinstance(field, Scalar):
                content[name] = self.scalar(field, member, content[name], path, name)
            else:
                content[name] = self.value(field, member, content[name], f"{path}.{name}")
        return content

    def value(self, type_: Struct | List, value: JSON, old: Any, path: str) -> Any:  # noqa: ANN401 - depends on the type
        """Return an object or a list, decoded into the earlier value of a repeated key."""
        if isinstance(type_, Struct):
            return self.struct(type_, value, old, path)
        if value is None:
            return type_.blank
        if not isinstance(value, list):
            self._mismatch(path, "a list", value)
            return old
        if old:
            return self._again(type_, value, old, path)
        return [
            self._item(type_.of, item, type_.of.blank, path, index)
            for index, item in enumerate(value)
        ]

    def _again(self, type_: List, value: list[JSON], old: list[Any], path: str) -> Any:  # noqa: ANN401 - as above
        items = _Slice(old.beyond if isinstance(old, _Slice) else [])
        if not value:
            return type_.blank
        for index, item in enumerate(value):
            if index < len(old):
                before = old[index]
            else:
                before = items.beyond.pop() if items.beyond else type_.of.blank
            items.append(self._item(type_.of, item, before, path, index))
        items.beyond.extend(reversed(old[len(value) :]))
        return items

    def _item(self, type_: Scalar | Struct, value: JSON, old: Any, path: str, index: int) -> Any:  # noqa: ANN401 - as above
        if isinstance(type_, Struct):
            return self.struct(type_, value, old, f"{path}.{index}")
        return self.scalar(type_, value, old, path, index)

    def scalar(self, type_: Scalar, value: JSON, old: Any, path: str, name: str | int) -> Any:  # noqa: ANN401 - as above
        """Return a scalar; `path` is its parent's, as it is rarely needed."""
        if type(value) is type_.python and (type_.python is not int or value in _INT64):
            return None if type_.blank_is_unset and not value else value
        if value is None:
            return None if type_.may_be_unset else old
        self._mismatch(f"{path}.{name}", _EXPECTED[type_.python], value)
        return old

    def _mismatch(self, path: str, expected: str, value: JSON) -> None:
        self.mismatches.append(error(path, f"must be {expected}, not {_found(value, expected)}"))


def _found(value: JSON, expected: str) -> str:
    match value:
        case str():
            found = "a string"
        case bool():
            found = "true or false"
        case int() | Number():
            written = value.text if isinstance(value, Number) else str(value)
            # A number where text is expected may be a secret.
            found = "a number" if expected == "a string" else f"the number {written:.40}"
        case tuple():
            found = "an object"
        case _:
            found = "a list"
    return found


def fold_case(key: str) -> str:
    """Return the key in lower case as Go folds it: a long s is an `s`, a Kelvin sign a `k`."""
    return key.replace("\u017f", "s").lower()
