"""JSON text as Go's encoding/json reads it.

The standard library's parser will not do: it recurses (Go allows 10,000 levels), forgets repeated
keys, limits the digits of an integer and reads `NaN`. Numbers stay text: whether `1e2` is an
integer is the schema's business.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

MAX_DEPTH = 10_000


class JSONSyntaxError(ValueError):
    """The text is not JSON; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number, as it was written."""

    text: str


@dataclass(slots=True, eq=False)
class Object:
    """An object: its members in the order of the text, repeated keys included."""

    members: list[tuple[str, "JSON"]] = field(default_factory=list)


JSON = Object | list["JSON"] | str | Number | bool | None

_TOKEN = re.compile(
    r"""[ \t\n\r]*+ (?:
        (?P<mark> [\[\]{}:,] )
      | " (?P<string> (?: [^"\\\x00-\x1f]++ | \\ (?: ["\\/bfnrt] | u[0-9A-Fa-f]{4} ) )*+ ) "
      | (?P<number> -? (?: 0 | [1-9][0-9]*+ ) (?: \. [0-9]++ )? (?: [eE] [-+]? [0-9]++ )? )
      | (?P<word> true | false | null )
      | (?P<end> \Z )
    )""",
    re.VERBOSE,
)
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")


# What may come next: marks, a scalar value (v), a key (k), the end of the text ($).
_VALUE = "{[v"
_VALUE_OR_END = "{[v]"
_KEY = "k"
_KEY_OR_END = "k}"
_COLON = ":"
_COMMA_OR_END = {Object: ",}", list: ",]"}
_NOTHING = "$"


def read_json(raw: bytes) -> JSON:
    """Read one JSON value.

    Bytes that are not UTF-8 and lone surrogates become U+FFFD, each.

    Raises:
        JSONSyntaxError: the text is not JSON, or nested deeper than Go allows.
    """
    text = _LONE_SURROGATES.sub("\ufffd", raw.decode("utf-8", "surrogateescape"))
    reader = _Reader()
    for kind, token, position in _tokens(text):
        if not reader.accept(kind, token):
            line = text.count("\n", 0, position) + 1
            found = "the end of the text" if kind == "end" else repr(text[position : position + 1])
            raise JSONSyntaxError(f"not JSON: unexpected {found} in line {line}")
    return reader.result


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield each token's kind, its text and the position where it starts."""
    position = 0
    kind = ""
    while kind != "end":
        match = _TOKEN.match(text, position)
        if match is None:
            start = len(text) - len(text[position:].lstrip(" \t\n\r"))
            yield "unknown", "", start
            return
        kind = match.lastgroup or ""
        yield kind, match[kind], match.start(kind) - (kind == "string")
        position = match.end()


class _Reader:
    """Builds the value from its tokens, without recursion."""

    def __init__(self) -> None:
        self.result: JSON = None
        self._open: list[Object | list[JSON]] = []
        self._keys: list[str] = []
        self._expect = _VALUE

    def accept(self, kind: str, token: str) -> bool:
        """Take the next token, or tell that it cannot stand here."""
        if kind == "mark":
            return token in self._expect and self._mark(token)
        if kind == "string" and "k" in self._expect:
            self._keys.append(_unescape(token))
            self._expect = _COLON
            return True
        if kind in _SCALARS and "v" in self._expect:
            self._add(_SCALARS[kind](token))
            return True
        return kind == "end" and self._expect == _NOTHING

    def _mark(self, token: str) -> bool:
        match token:
            case "{":
                self._open.append(Object())
                self._expect = _KEY_OR_END
            case "[":
                self._open.append([])
                self._expect = _VALUE_OR_END
            case ":":
                self._expect = _VALUE
            case ",":
                self._expect = _KEY if isinstance(self._open[-1], Object) else _VALUE
            case _:
                self._add(self._open.pop())
        return len(self._open) <= MAX_DEPTH

    def _add(self, value: JSON) -> None:
        match self._open:
            case []:
                self.result = value
                self._expect = _NOTHING
                return
            case [*_, Object(members)]:
                members.append((self._keys.pop(), value))
            case [*_, list() as items]:
                items.append(value)
        self._expect = _COMMA_OR_END[type(self._open[-1])]


def _unescape(body: str) -> str:
    if "\\" not in body:
        return body
    return _LONE_SURROGATES.sub("\ufffd", json.loads(f'"{body}"'))


_SCALARS: dict[str, Callable[[str], JSON]] = {
    "string": _unescape,
    "number": Number,
    "word": {"true": True, "false": False, "null": None}.__getitem__,
}
