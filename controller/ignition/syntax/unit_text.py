"""The text of a systemd unit, parsed as Ignition does (with go-systemd's lexer).

The peculiarities of the lexer are kept, because a unit that Ignition refuses must be refused here:
text before the first section is skipped, a comment that ends in a backslash includes the next line,
and a line is too long only if the lexer, which reads in chunks, detects it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from controller.ignition.syntax.quote import quote

_CHUNK = 4096
_LONGEST_LINE = 2048
_CONTINUES_CHARACTER = 0x80
_LINE_END = re.compile(rb"[\r\n]")
_NAME_END = re.compile(rb"[=\r\n]")
_BEFORE_SECTIONS = re.compile(rb"[^\[#;\r\n]*+[\r\n]*+")
# White space in Go. In Python it also includes the separators U+001C to U+001F.
_WHITE_SPACE = (
    "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
    "\u200a\u2028\u2029\u202f\u205f\u3000"
)
_BLANKS = "|".join(_WHITE_SPACE.replace("\n", "").replace("\r", ""))
_BLANK = re.compile(f"(?:{_BLANKS})*+[\\r\\n]*+".encode())


class UnitSyntaxError(ValueError):
    """The text is not a systemd unit; the message is the reason."""


@dataclass(frozen=True, slots=True)
class UnitOption:
    """One `name=value` line of a unit, with its section."""

    section: str
    name: str
    value: str


def parse_unit(text: str) -> tuple[UnitOption, ...]:
    """Return the options of a unit in the order of the text.

    Raises:
        UnitSyntaxError: Ignition would refuse this text as a unit.
    """
    return tuple(_options(_Buffer(text.encode(errors="replace"))))


class _Buffer:
    """The text behind a window of the size of the lexer's buffer, which moves by reading only."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0
        self._filled_to = 0
        self._line_end = -1

    def refuse_long_line(self) -> None:
        """Raise an error if the window contains more than the longest line and no end of line."""
        shown = self._filled_to - self._position
        if shown >= _LONGEST_LINE and self._line_length() >= _LONGEST_LINE:
            raise UnitSyntaxError(f"line too long (max {_LONGEST_LINE} bytes)")

    def _line_length(self) -> int:
        """Return the distance to the end of the line, which is searched once per line."""
        if self._line_end < self._position:
            found = _LINE_END.search(self._data, self._position)
            self._line_end = found.start() if found else len(self._data)
        return self._line_end - self._position

    def character(self) -> str:
        """Read one character; "" at the end."""
        character = self.peek()
        self._position += len(character.encode())
        return character

    def peek(self) -> str:
        """Return the next character without reading it; "" at the end."""
        width = _utf8_width(self._data[self._position : self._position + 1])
        if self._position + width > self._filled_to:
            self._fill()
        return self._data[self._position : self._position + width].decode()

    def until(self, delimiters: re.Pattern[bytes]) -> str:
        """Read up to a delimiter, or to the end."""
        found = delimiters.search(self._data, self._position)
        return self._read_to(found.start() if found else len(self._data))

    def skip(self, ignored: re.Pattern[bytes]) -> None:
        """Skip ignored text, to the end of the line if no longer line can begin before it."""
        found = ignored.match(self._data, self._position)
        if found and self._line_length() < _LONGEST_LINE:
            self._read_to(found.end())
        else:
            self.character()

    def _read_to(self, end: int) -> str:
        """Read as if character by character, so that the window moves as in the lexer."""
        start = self._position
        while self._filled_to < end:
            while self._data[self._filled_to] & 0xC0 == _CONTINUES_CHARACTER:
                self._filled_to -= 1
            self._position = self._filled_to
            self._fill()
        self._position = end
        return self._data[start:end].decode()

    def line(self) -> tuple[str, bool]:
        """Read to the end of the line; return also whether the text ended there."""
        line = self.through(b"\n")
        return line.removesuffix("\r").removesuffix("\n"), not line.endswith("\n")

    def through(self, delimiter: bytes) -> str:
        """Read up to and including the delimiter, or to the end."""
        start = self._position
        while (found := self._data.find(delimiter, self._position, self._filled_to)) < 0:
            if self._filled_to == len(self._data):
                self._position = self._filled_to
                return self._data[start:].decode(errors="replace")
            if self._filled_to - self._position >= _CHUNK:
                self._position = self._filled_to
            self._fill()
        self._position = found + 1
        return self._data[start : self._position].decode()

    def _fill(self) -> None:
        self._filled_to = min(self._position + _CHUNK, len(self._data))


def _utf8_width(first: bytes) -> int:
    return 1 if first < b"\xc0" else 2 if first < b"\xe0" else 3 if first < b"\xf0" else 4


def _options(buffer: _Buffer) -> Iterator[UnitOption]:
    section = None
    while True:
        buffer.refuse_long_line()
        match buffer.peek():
            case "":
                return
            case "[":
                buffer.character()
                section = _section(buffer)
            case "#" | ";":
                buffer.character()
                _skip_comment(buffer)
            case _ if section is None:
                buffer.skip(_BEFORE_SECTIONS)
            case character if character in _WHITE_SPACE:
                buffer.skip(_BLANK)
            case _:
                yield UnitOption(section, _name(buffer), _value(buffer))


def _section(buffer: _Buffer) -> str:
    buffer.refuse_long_line()
    section = buffer.through(b"]")
    if not section.endswith("]"):
        raise UnitSyntaxError("unable to find end of section")
    buffer.refuse_long_line()
    garbage, _ = buffer.line()
    if garbage := garbage.strip(_WHITE_SPACE):
        raise UnitSyntaxError(f"found garbage after section name : {quote(garbage)}")
    return section[:-1]


def _skip_comment(buffer: _Buffer) -> None:
    buffer.refuse_long_line()
    while True:
        line, _ = buffer.line()
        if not line.removesuffix(" ").endswith("\\"):
            return


def _name(buffer: _Buffer) -> str:
    buffer.refuse_long_line()
    name = buffer.until(_NAME_END)
    match buffer.character():
        case "=":
            return name.strip(_WHITE_SPACE)
        case "":
            raise UnitSyntaxError("EOF")
        case _:
            raise UnitSyntaxError("unexpected newline encountered while parsing option name")


def _value(buffer: _Buffer) -> str:
    value = ""
    while True:
        buffer.refuse_long_line()
        line, at_end = buffer.line()
        if line.strip(_WHITE_SPACE):
            value += line
            if line.endswith("\\"):
                value += "" if at_end else "\n"
                continue
        # A newline at the end is kept only if nothing follows a continued last line.
        return value.strip(_WHITE_SPACE) + ("\n" if value.endswith("\n") else "")
