"""JSON text as a tree of nodes, as Go's encoding/json reads it."""

import json
import re
from typing import Final

from controller.manifests.nodes import (
    MAX_DEPTH,
    Allowance,
    Mapping,
    Node,
    Scalar,
    Sequence,
    TooDeep,
    Unreadable,
    Value,
)
from controller.manifests.numbers import from_json

_TOKEN: Final = re.compile(
    r"""[ \t\n\r]*+ (?:
        (?P<mark> [\[\]{}:,] )
      | (?P<string> " (?: [^"\\\x00-\x1f]++ | \\ (?: ["\\/bfnrt] | u[0-9A-Fa-f]{4} ) )*+ " )
      | (?P<number> -? (?: 0 | [1-9][0-9]*+ ) (?: \. [0-9]++ )? (?: [eE] [-+]? [0-9]++ )? )
      | (?P<word> true | false | null )
    )""",
    re.VERBOSE,
)
_WORDS: Final[dict[str, Value]] = {"true": True, "false": False, "null": None}
_LONE_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_SPACE: Final = re.compile(r"[ \t\n\r]*\Z")
_END: Final = {Sequence: "]", Mapping: "}"}


class JSONText:
    """A text of consecutive JSON values. `line` is the line of the next one."""

    def __init__(self, text: str, allowance: Allowance) -> None:
        self.line = 1
        self._text = text
        self._allowance = allowance
        self._position = 0

    @property
    def ended(self) -> bool:
        """Whether only white space is left."""
        return _SPACE.match(self._text, self._position) is not None

    @property
    def rest(self) -> str:
        """The text that was not read yet."""
        return self._text[self._position :]

    def read(self) -> Node:
        """Read the next value; after an error the position is unchanged.

        Raises:
            Unreadable: there is no valid JSON value.
        """
        start = self._position, self.line
        try:
            return self._value(*self._token(), depth=1)
        except Unreadable:
            self._position, self.line = start
            raise

    def _value(self, group: str, token: str, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise TooDeep(self.line)
        self._allowance.value(self.line)
        match group, token:
            case "string", _:
                return Scalar(self.line, _string(token))
            case "number", _:
                return Scalar(self.line, from_json(token))
            case "word", _:
                return Scalar(self.line, _WORDS[token])
            case "mark", "[":
                return self._items(Sequence(self.line), depth)
            case "mark", "{":
                return self._items(Mapping(self.line), depth)
            case _:
                raise self._unexpected(token)

    def _items(self, node: Sequence | Mapping, depth: int) -> Node:
        end = "mark", _END[type(node)]
        token = self._token()
        while token != end:
            if isinstance(node, Mapping):
                node.add(self._key(*token))
                token = self._token()
            node.add(self._value(*token, depth=depth + 1))
            token = self._following(end)
        return node

    def _following(self, end: tuple[str, str]) -> tuple[str, str]:
        """Return the end of a collection, or the first token of its next item."""
        token = self._token()
        if token == end:
            return token
        if token != ("mark", ","):
            raise self._unexpected(token[1])
        token = self._token()
        if token == end:
            raise self._unexpected(token[1])
        return token

    def _key(self, group: str, token: str) -> Node:
        if group != "string":
            raise self._unexpected(token)
        self._allowance.value(self.line)
        key = Scalar(self.line, _string(token))
        following = self._token()
        if following != ("mark", ":"):
            raise self._unexpected(following[1])
        return key

    def _token(self) -> tuple[str, str]:
        match = _TOKEN.match(self._text, self._position)
        if match is None:
            raise self._unexpected(self.rest.strip()[:1])
        group = match.lastgroup or ""
        self.line += self._text.count("\n", self._position, match.start(group))
        self._position = match.end()
        return group, match[group]

    def _unexpected(self, token: str) -> Unreadable:
        found = f"unexpected {token}" if token else "unexpected end"
        return Unreadable(self.line, f"invalid JSON: {found}", "check the commas and quotes")


def _string(token: str) -> str:
    return _LONE_SURROGATES.sub("\ufffd", json.loads(token))
