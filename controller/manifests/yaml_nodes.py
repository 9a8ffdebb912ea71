"""YAML text as a tree of nodes.

It is built from the parser's events: PyYAML's own composer is recursive, in C without a limit, and
its constructors support tags that are unsafe in untrusted files.
"""

from typing import Any, Final

import yaml

from controller.manifests import yaml_scalars
from controller.manifests.nodes import (
    MAX_DEPTH,
    Allowance,
    Mapping,
    Node,
    Scalar,
    Sequence,
    TooDeep,
    Unreadable,
)

# libyaml compares each directive with all others.
_MAX_DIRECTIVES: Final = 100

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TABS: Final = "indent with spaces, not with tabs"
_CONTROL: Final = "remove it, or write it as an escape in double quotes"
_LAYOUT: Final = "check the indentation, colons and quotes here and above"
_LAYOUTS: Final = {
    "mapping values are not allowed in this context": (
        "put a value with a colon in quotes, or check the indentation"
    ),
    "found character that cannot start any token": "put the value in quotes",
    "could not find expected ':'": "write a colon and a space after the key",
    "did not find expected key": "indent this line like the line to which it belongs",
}


def read_yaml(text: str, first_line: int, allowance: Allowance) -> Node | None:
    """Read the document in `text`, whose first line is `first_line` of the file; None if empty.

    Raises:
        Unreadable: it is not valid YAML, or more than one document.
    """
    if text.count("\n%") > _MAX_DIRECTIVES:
        raise Unreadable(
            first_line, "lines that begin with % are not part of an object", "remove them"
        )
    composer = _Composer(first_line, allowance)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            composer.take(event)
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text, composer) from error
    except yaml.reader.ReaderError as error:
        raise _invalid_character(chr(error.character), text, first_line) from error
    return composer.root


class _Composer:
    """Builds the tree from events, without recursion."""

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
                raise _after_end(line)
            case yaml.ScalarEvent():
                self._complete(self._anchored(event, Scalar(line, _value(event, line))))
            case yaml.AliasEvent():
                self._complete(self._alias(str(event.anchor), line))
            case yaml.SequenceStartEvent():
                self._begin(self._anchored(event, Sequence(line)))
            case yaml.MappingStartEvent():
                self._begin(self._anchored(event, Mapping(line)))
            case yaml.CollectionEndEvent():
                self._complete(self._open.pop())
            case _:
                pass

    def _anchored(self, event: Any, node: Node) -> Any:  # noqa: ANN401 - the same node
        self._allowance.value(node.line)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, name: str, line: int) -> Node:
        node = self._anchors.get(name)
        if node is None:
            remedy = f"write `&{name}` before the value"
            raise Unreadable(line, f"there is no anchor `&{name}` above", remedy)
        if any(node is each for each in self._open):
            reason = f"the value of the anchor `&{name}` contains itself"
            raise Unreadable(line, reason, f"take `*{name}` out of it")
        self._allowance.alias(line, node.size)
        return node

    def _begin(self, node: Sequence | Mapping) -> None:
        self._open.append(node)
        if len(self._open) > MAX_DEPTH:
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
        raise Unreadable(line, f"{text!r} is not a valid !!{name}", "remove the tag") from error


def _syntax_error(error: yaml.MarkedYAMLError, text: str, composer: _Composer) -> Unreadable:
    lines = text.splitlines()
    mark = error.problem_mark
    if (mark is None or mark.line >= len(lines)) and error.context_mark is not None:
        # Something is not closed: its beginning is more helpful than the end of the text.
        mark = error.context_mark
    row, column = (min(mark.line, len(lines) - 1), mark.column) if mark else (0, 0)
    if composer.root is not None:
        return _after_end(composer.first_line + row)
    reason = " ".join(filter(None, ("invalid YAML:", error.context, error.problem)))
    tabs = "\t" in "".join(lines[row : row + 1])[: column + 1]
    remedy = _TABS if tabs else _LAYOUTS.get(error.problem or "", _LAYOUT)
    return Unreadable(composer.first_line + row, reason, remedy)


def _after_end(line: int) -> Unreadable:
    reason = "kubectl ignores this: the document ends before it"
    remedy = "begin another document with a line `---`, or check the line before"
    return Unreadable(line, reason, remedy)


def _invalid_character(character: str, text: str, first_line: int) -> Unreadable:
    line = text.count("\n", 0, max(text.find(character), 0))
    return Unreadable(first_line + line, f"invalid character in YAML: {character!r}", _CONTROL)
