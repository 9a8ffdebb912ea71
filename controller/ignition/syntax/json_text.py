"""JSON text as Go's encoding/json reads it.

The standard library's scanner reads nearly all texts. It is recursive, while Go allows 10,000
levels: texts that are nested too deep are read token by token, with the same result. An object is
the tuple of its members, because repeated keys matter. Only integers are converted: whether `1e2`
is valid depends on the schema.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NoReturn

MAX_DEPTH = 10_000


class JSONSyntaxError(ValueError):
    """The text is not JSON; the message contains the place and the reason."""


@dataclass(frozen=True, slots=True)
class Number:
    """The text of a number that is not an integer, or is too long for one."""

    text: str


Object = tuple[tuple[str, "JSON"], ...]
JSON = Object | list["JSON"] | str | int | Number | bool | None

_MAX_INTEGER_LENGTH = 20
_RAW_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPE = re.compile(
    r"""\\ (?: u[dD][89abAB][0-9A-Fa-f]{2} \\ u[dD][c-fC-F][0-9A-Fa-f]{2}
             | (?P<lone> u[dD][89a-fA-F][0-9A-Fa-f]{2} ) | . )""",
    re.VERBOSE | re.DOTALL,
)


def read_json(raw: bytes) -> JSON:
    """Read one JSON value.

    Each invalid byte and each lone surrogate becomes U+FFFD.

    Raises:
        JSONSyntaxError: the text is not JSON, or nested deeper than Go allows.
    """
    text = _text(raw)
    try:
        return scan(text)
    except (RecursionError, JSONSyntaxError):
        return read_tokens(text)


def numbers(value: JSON) -> Iterator[Number]:
    """Yield the numbers in a value that were not converted to integers."""
    rest = [value]
    while rest:
        match rest.pop():
            case Number() as number:
                yield number
            case tuple(members):
                rest.extend(member for _, member in members)
            case list(items):
                rest.extend(items)


def _text(raw: bytes) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = _RAW_SURROGATE.sub("\ufffd", raw.decode(errors="surrogateescape"))
    if "\\ud" in text or "\\uD" in text:
        text = _ESCAPE.sub(lambda escape: r"\ufffd" if escape["lone"] else escape[0], text)
    return text


def scan(text: str) -> JSON:
    """Read a text with the standard library's scanner.

    Raises:
        JSONSyntaxError: the text is not JSON; the message is empty.
        RecursionError: the text is nested too deep for the scanner.
    """
    try:
        value: JSON = _SCANNER.decode(text)
    except json.JSONDecodeError as problem:
        raise JSONSyntaxError from problem
    return value


def _integer(text: str) -> int | Number:
    return int(text) if len(text) <= _MAX_INTEGER_LENGTH else Number(text)


def _refuse(constant: str) -> NoReturn:
    raise JSONSyntaxError(constant)


_SCANNER = json.JSONDecoder(
    object_pairs_hook=tuple, parse_int=_integer, parse_float=Number, parse_constant=_refuse
)


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


# The tokens that may come next: marks, a scalar value (v), a key (k), the end of the text ($).
_VALUE = "{[v"
_VALUE_OR_END = "{[v]"
_KEY = "k"
_KEY_OR_END = "k}"
_COLON = ":"
_COMMA_OR_END = {"{": ",}", "[": ",]"}
_NOTHING = "$"


def read_tokens(text: str) -> JSON:
    """Read a text token by token, however deep it is nested.

    Raises:
        JSONSyntaxError: the text is not JSON, or nested deeper than Go allows.
    """
    reader = _Reader()
    for group, token, position in _tokens(text):
        if not reader.accept(group, token):
            line = text.count("\n", 0, position) + 1
            found = "the end of the text" if group == "end" else repr(text[position : position + 1])
            raise JSONSyntaxError(f"not JSON: unexpected {found} in line {line}")
    return reader.result


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield the type, the text and the position of each token."""
    position = 0
    group = ""
    while group != "end":
        match = _TOKEN.match(text, position)
        if match is None:
            start = len(text) - len(text[position:].lstrip(" \t\n\r"))
            yield "unknown", "", start
            return
        group = match.lastgroup or ""
        yield group, match[group], match.start(group) - (group == "string")
        position = match.end()


class _Reader:
    """Builds a value from its tokens without recursion."""

    def __init__(self) -> None:
        self.result: JSON = None
        self._open: list[tuple[str, list[JSON], list[str]]] = []
        self._expect = _VALUE

    def accept(self, group: str, text: str) -> bool:
        """Take the next token, or return False if it is unexpected."""
        if group == "mark":
            return text in self._expect and self._mark(text)
        if group == "string" and "k" in self._expect:
            self._open[-1][2].append(_unescape(text))
            self._expect = _COLON
            return True
        if group in _SCALARS and "v" in self._expect:
            self._add(_SCALARS[group](text))
            return True
        return group == "end" and self._expect == _NOTHING

    def _mark(self, mark: str) -> bool:
        match mark:
            case "{" | "[":
                self._open.append((mark, [], []))
                self._expect = _KEY_OR_END if mark == "{" else _VALUE_OR_END
            case ":":
                self._expect = _VALUE
            case ",":
                self._expect = _KEY if self._open[-1][0] == "{" else _VALUE
            case _:
                opened, values, keys = self._open.pop()
                self._add(tuple(zip(keys, values, strict=True)) if opened == "{" else values)
        return len(self._open) <= MAX_DEPTH

    def _add(self, value: JSON) -> None:
        if not self._open:
            self.result = value
            self._expect = _NOTHING
            return
        mark, values, _ = self._open[-1]
        values.append(value)
        self._expect = _COMMA_OR_END[mark]


def _unescape(body: str) -> str:
    return str(json.loads(f'"{body}"')) if "\\" in body else body


def _number(text: str) -> int | Number:
    return _integer(text) if text.lstrip("-").isdigit() else Number(text)


_SCALARS: dict[str, Callable[[str], JSON]] = {
    "string": _unescape,
    "number": _number,
    "word": {"true": True, "false": False, "null": None}.__getitem__,
}
