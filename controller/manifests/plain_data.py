"""Conversion of a tree of nodes to plain data, as in kubectl, with the lines of its parts."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

from controller.manifests.document import Path
from controller.manifests.nodes import Mapping, Merge, Node, Scalar, Sequence, Unreadable
from controller.manifests.numbers import sent

# Further ones are reported after these are fixed.
_MAX_REPEATED = 100
_WHOLE = range(-(2**63), 2**63)


@dataclass(frozen=True)
class Repeated:
    """A duplicate member, of which kubectl uses the last."""

    path: Path
    first: int
    second: int


class PlainData:
    """The `content` of a tree, the `lines` of its parts, and at most a hundred `repeated` members.

    A part on the line of its parent has no entry in `lines`.

    Raises:
        Unreadable: the tree cannot be represented in JSON.
    """

    def __init__(self, root: Node) -> None:
        self.lines: dict[Path, int] = {(): root.line}
        self.repeated: list[Repeated] = []
        self.content = self._value(root, (), root.line)

    def _value(self, node: Node, path: Path, line: int) -> Any:  # noqa: ANN401 - plain data
        match node:
            case Scalar():
                return _scalar(node)
            case Sequence():
                items = enumerate(node.children)
                return [self._part(each, each.line, (*path, n), line) for n, each in items]
            case Mapping():
                return self._members(node, path, line)

    def _part(self, node: Node, line: int, path: Path, parent_line: int) -> Any:  # noqa: ANN401 - plain data
        if line != parent_line:
            self.lines[path] = line
        return self._value(node, path, line)

    def _members(self, node: Mapping, path: Path, line: int) -> dict[str, Any]:
        chosen: dict[str, tuple[Node, Node]] = {}
        written: dict[str, int] = {}
        for key, value, own in _entries(node):
            name = _name(key)
            if name in written and len(self.repeated) < _MAX_REPEATED:
                self.repeated.append(Repeated((*path, name), written[name], key.line))
            if own:
                written[name] = key.line
            chosen[name] = key, value
        return {
            name: self._part(value, key.line, (*path, name), line)
            for name, (key, value) in chosen.items()
        }


def _entries(node: Mapping) -> Iterator[tuple[Node, Node, bool]]:
    """Yield key, value, and whether they belong to the mapping itself and are not merged into it.

    kubectl uses the last one, merged or not.
    """
    for key, value in node.pairs:
        if isinstance(key, Scalar) and isinstance(key.value, Merge):
            for each in reversed(_merged(key, value)):
                yield from ((k, v, False) for k, v, _ in _entries(each))
        else:
            yield key, value, True


def _merged(key: Node, value: Node) -> list[Mapping]:
    parts = value.children if isinstance(value, Sequence) else [value]
    mappings = [each for each in parts if isinstance(each, Mapping)]
    if len(mappings) < len(parts):
        remedy = "write `<<: *NAME`, where &NAME is the anchor of a mapping"
        raise Unreadable(key.line, "`<<` merges mappings only", remedy)
    return mappings


def _name(key: Node) -> str:
    match key:
        case Scalar(value=bool(flag)):
            return "true" if flag else "false"
        case Scalar(value=str(text)):
            return text
        case Scalar(value=int(number)) if number in _WHOLE:
            return str(number)
    remedy = "put it in quotes, or render the template first"
    raise Unreadable(key.line, "a key must be a string", remedy)


def _scalar(node: Scalar) -> str | int | float | bool | None:
    match node.value:
        case Merge():
            return "<<"
        case float(number) if not isfinite(number):
            raise Unreadable(node.line, "JSON does not support this number", "put it in quotes")
        case bool() | str() | None:
            return node.value
        case number:
            return sent(number)
