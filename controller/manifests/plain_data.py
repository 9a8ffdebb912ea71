"""A tree of nodes as plain data, as kubectl makes it, and where each part of it stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

from controller.manifests.document import Path
from controller.manifests.nodes import Mapping, Merge, Node, Scalar, Sequence, Unreadable
from controller.manifests.numbers import sent

# Whoever mends these sees the next ones.
_MOST_REPEATED = 100
_WHOLE = range(-(2**63), 2**63)


@dataclass(frozen=True)
class Repeated:
    """A member that is written more than once, of which kubectl takes the last."""

    path: Path
    first: int
    second: int


class PlainData:
    """What a tree stands for: `content`, the lines of its parts, and what is `repeated` in it.

    A part that is on the line of what is around it has no entry in `lines`. Of what is repeated
    there are a hundred at most.

    Raises:
        Unreadable: JSON, and so Kubernetes, cannot hold it.
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

    def _part(self, node: Node, line: int, path: Path, around: int) -> Any:  # noqa: ANN401 - plain data
        if line != around:
            self.lines[path] = line
        return self._value(node, path, line)

    def _members(self, node: Mapping, path: Path, line: int) -> dict[str, Any]:
        chosen: dict[str, tuple[Node, Node]] = {}
        written: dict[str, int] = {}
        for key, value, own in _entries(node):
            name = _name(key)
            if name in written and len(self.repeated) < _MOST_REPEATED:
                self.repeated.append(Repeated((*path, name), written[name], key.line))
            if own:
                written[name] = key.line
            chosen[name] = key, value
        return {
            name: self._part(value, key.line, (*path, name), line)
            for name, (key, value) in chosen.items()
        }


def _entries(node: Mapping) -> Iterator[tuple[Node, Node, bool]]:
    """Key, value, and whether they stand in the mapping itself and are not merged into it.

    kubectl takes what comes last, be it merged or not.
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
        remedy = "write `<<: *NAME`, where &NAME stands before a mapping"
        raise Unreadable(key.line, "`<<` takes over the members of mappings only", remedy)
    return mappings


def _name(key: Node) -> str:
    match key:
        case Scalar(value=bool(word)):
            return "true" if word else "false"
        case Scalar(value=str(text)):
            return text
        case Scalar(value=int(number)) if number in _WHOLE:
            return str(number)
    remedy = "put it in quotes; a template has to be rendered first"
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
