"""YAML text as a tree of nodes.

It is built from the parser's events: PyYAML's own composer recurses, in C without a limit, and its
constructors know more tags than anyone who reads foreign files should.
"""

from typing import Any, Final

import yaml

from controller.manifests import yaml_scalars
from controller.manifests.nodes import (
    DEEPEST,
    Allowance,
    Mapping,
    Node,
    Scalar,
    Sequence,
    TooDeep,
    Unreadable,
)

# libyaml compares each of them with all others.
_MOST_DIRECTIVES: Final = 100

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TABS: Final = "indent with spaces, not with tabs"
_CONTROL: Final = "remove it, or write it as an escape in double quotes"
_LAYOUT: Final = "check the indentation, colons and quotes here and above"
_LAYOUTS: Final = {
    "mapping values are not allowed in this context": (
        "put a value that holds a colon in quotes; else check the indentation"
    ),
    "found character that cannot start any token": "put the value in quotes",
    "could not find expected ':'": "write a colon and a space after the key",
    "did not find expected key": "give this line the indentation of the line that it belongs to",
}


def read_yaml(text: str, first_line: int, allowance: Allowance) -> Node | None:
    """The one document in `text`, whose first line is `first_line` of its file; None for none.

    Raises:
        Unreadable: this is no YAML, or more than one document.
    """
    if text.count("\n%") > _MOST_DIRECTIVES:
        raise Unreadable(
            first_line, "lines that begin with % are not part of an object", "remove them"
        )
    composer = _Composer(first_line, allowance)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            composer.take(event)
    except yaml.MarkedYAMLError as error:
        raise _misplaced(error, text, composer) from error
    except yaml.reader.ReaderError as error:
        raise _forbidden(chr(error.character), text, first_line) from error
    return composer.root


class _Composer:
    """Puts each node where it belongs. What is open is on a stack of its own, never Python's."""

    def __init__(self, first_line: int, allowance: Allowance) -> None:
        self.first_line = first_line
        self.root: Node | None = None
        self._allowance = allowance
        self._open: list[Sequence | Mapping] = []
        self._anchors: dict[str, Node] = {}

    def take(self, event: Any) -> None:  # noqa: ANN401 - PyYAML's events have no types
        line = self.first_line + event.start_mark.line
        match event:
            case yaml.DocumentStartEvent() if self.root is not None:
                raise _beyond(line)
            case yaml.ScalarEvent():
                self._complete(self._named(event, Scalar(line, _value(event, line))))
            case yaml.AliasEvent():
                self._complete(self._alias(str(event.anchor), line))
            case yaml.SequenceStartEvent():
                self._begin(self._named(event, Sequence(line)))
            case yaml.MappingStartEvent():
                self._begin(self._named(event, Mapping(line)))
            case yaml.CollectionEndEvent():
                self._complete(self._open.pop())
            case _:
                pass

    def _named(self, event: Any, node: Node) -> Any:  # noqa: ANN401 - the same node
        self._allowance.value(node.line)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, name: str, line: int) -> Node:
        node = self._anchors.get(name)
        if node is None:
            remedy = f"write `&{name}` before the value that is meant"
            raise Unreadable(line, f"there is no anchor `&{name}` above", remedy)
        if any(node is each for each in self._open):
            reason = f"the value of the anchor `&{name}` contains itself"
            raise Unreadable(line, reason, f"take `*{name}` out of it")
        self._allowance.alias(line, node.size)
        return node

    def _begin(self, node: Sequence | Mapping) -> None:
        self._open.append(node)
        if len(self._open) > DEEPEST:
            raise TooDeep(node.line)

    def _complete(self, node: Node) -> None:
        if self._open:
            self._open[-1].add(node)
        else:
            self.root = node


def _value(event: Any, line: int) -> Any:  # noqa: ANN401 - the value of a scalar
    plain, _ = event.implicit
    if event.tag not in {None, "!"}:
        return _tagged(event.tag, event.value, line)
    return yaml_scalars.plain(event.value) if plain and event.tag is None else event.value


def _tagged(tag: str, text: str, line: int) -> Any:  # noqa: ANN401 - the value of a scalar
    try:
        return yaml_scalars.tagged(tag, text)
    except ValueError as error:
        name = tag.rpartition(":")[2]
        raise Unreadable(line, f"{text!r} is no !!{name}", "remove the tag") from error


def _misplaced(error: yaml.MarkedYAMLError, text: str, composer: _Composer) -> Unreadable:
    lines = text.splitlines()
    mark = error.problem_mark
    if (mark is None or mark.line >= len(lines)) and error.context_mark is not None:
        # Something has no end: where it begins tells more than where the text ends.
        mark = error.context_mark
    row, column = (min(mark.line, len(lines) - 1), mark.column) if mark else (0, 0)
    if composer.root is not None:
        return _beyond(composer.first_line + row)
    reason = " ".join(filter(None, ("invalid YAML:", error.context, error.problem)))
    tabs = "\t" in "".join(lines[row : row + 1])[: column + 1]
    remedy = _TABS if tabs else _LAYOUTS.get(error.problem or "", _LAYOUT)
    return Unreadable(composer.first_line + row, reason, remedy)


def _beyond(line: int) -> Unreadable:
    reason = "kubectl ignores this: the document ends before it"
    remedy = "begin another document with a line `---`; else check the line before"
    return Unreadable(line, reason, remedy)


def _forbidden(character: str, text: str, first_line: int) -> Unreadable:
    line = text.count("\n", 0, max(text.find(character), 0))
    return Unreadable(first_line + line, f"YAML has no character {character!r}", _CONTROL)
