"""JSON values into the schema's types, by the rules of Go's encoding/json.

Keys match whatever their case. A repeated key adds to what the earlier one gave: the last value
wins, objects are combined, and so are the items of lists, place by place. `null` unsets what can be
unset and changes nothing else.
"""

from typing import Any

from controller.ignition.json_text import JSON, Number
from controller.ignition.report import Entry, error
from controller.ignition.schema import Content, List, Scalar, Struct

_INT64 = range(-(2**63), 2**63)
_EXPECTED = {str: "a string", int: "an integer", bool: "true or false"}


def decode(struct: Struct, value: JSON) -> tuple[Content, tuple[Entry, ...]]:
    """Return the content, and an error for each value of another type than the schema's.

    In the content every field of every struct is there, unset ones blank. What is blank is shared:
    content is only ever read.
    """
    decoder = _Decoder()
    content = decoder.struct(struct, value, struct.blank, "$")
    return content, tuple(decoder.mismatches)


class _Slice(list[Any]):
    """The items of a repeated key, and those beyond its end that an earlier one left.

    Go decodes an item into what stood in its place before, even if the list was shorter meanwhile.
    """

    def __init__(self, beyond: list[Any]) -> None:
        super().__init__()
        self.beyond = beyond


class _Decoder:
    """Decodes, and remembers what is of the wrong type."""

    def __init__(self) -> None:
        self.mismatches: list[Entry] = []

    def struct(self, kind: Struct, value: JSON, old: Content, path: str) -> Content:
        """Return `old` with the members of an object."""
        if value is None:
            return old
        if not isinstance(value, tuple):
            self._mismatch(path, "an object", value)
            return old
        content = old.copy()
        for key, member in value:
            name = key if key in kind.fields else kind.folded.get(fold_case(key))
            if name is None:
                continue
            field = kind.fields[name]
            if isinstance(field, Scalar):
                content[name] = self.scalar(field, member, content[name], path, name)
            else:
                content[name] = self.value(field, member, content[name], f"{path}.{name}")
        return content

    def value(self, kind: Struct | List, value: JSON, old: Any, path: str) -> Any:  # noqa: ANN401 - what it is depends on the type
        """Return an object or a list, decoded into what an earlier one gave."""
        if isinstance(kind, Struct):
            return self.struct(kind, value, old, path)
        if value is None:
            return kind.blank
        if not isinstance(value, list):
            self._mismatch(path, "a list", value)
            return old
        if old:
            return self._again(kind, value, old, path)
        return [
            self._item(kind.of, item, kind.of.blank, path, index)
            for index, item in enumerate(value)
        ]

    def _again(self, kind: List, value: list[JSON], old: list[Any], path: str) -> Any:  # noqa: ANN401 - as above
        items = _Slice(old.beyond if isinstance(old, _Slice) else [])
        if not value:
            return kind.blank
        for index, item in enumerate(value):
            if index < len(old):
                before = old[index]
            else:
                before = items.beyond.pop() if items.beyond else kind.of.blank
            items.append(self._item(kind.of, item, before, path, index))
        items.beyond.extend(reversed(old[len(value) :]))
        return items

    def _item(self, kind: Scalar | Struct, value: JSON, old: Any, path: str, index: int) -> Any:  # noqa: ANN401 - as above
        if isinstance(kind, Struct):
            return self.struct(kind, value, old, f"{path}.{index}")
        return self.scalar(kind, value, old, path, index)

    def scalar(self, kind: Scalar, value: JSON, old: Any, path: str, name: str | int) -> Any:  # noqa: ANN401 - as above
        """Return a scalar; `path` is its parent's, for it is rarely needed."""
        if type(value) is kind.python and (kind.python is not int or value in _INT64):
            return None if kind.blank_is_unset and not value else value
        if value is None:
            return None if kind.may_be_unset else old
        self._mismatch(f"{path}.{name}", _EXPECTED[kind.python], value)
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
            # What should have been text may be a secret.
            found = "a number" if expected == "a string" else f"the number {written:.40}"
        case tuple():
            found = "an object"
        case _:
            found = "a list"
    return found


def fold_case(key: str) -> str:
    """Return the key without its case, as Go sees it: a long s is an `s`, a Kelvin sign a `k`."""
    return key.replace("\u017f", "s").lower()
