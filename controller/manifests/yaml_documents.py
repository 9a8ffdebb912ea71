"""A YAML file, split into documents as in kubectl: at lines that begin with `---`.

The text is split before anything is parsed, so that an error in one document does not affect the
others.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from controller.manifests.nodes import Unreadable

_SEPARATOR: Final = re.compile(rb"^---([^\n]*)(?:\n|\Z)", re.MULTILINE)


@dataclass(frozen=True)
class Piece:
    """The bytes of one document, and its first line in the file."""

    first_line: int
    raw: bytes

    @property
    def text(self) -> str:
        """The text, with line feeds as line breaks and without a byte order mark.

        Raises:
            Unreadable: the bytes are not UTF-8.
        """
        raw = self.raw.replace(b"\r\n", b"\n")
        if not raw.endswith(b"\n"):
            raw = raw.removesuffix(b"\r") + b"\n"
        try:
            return raw.decode().removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            line = self.first_line + raw.count(b"\n", 0, error.start)
            raise Unreadable(line, "this is not UTF-8", "save the file as UTF-8") from error


def pieces(text: bytes, first_line: int = 1) -> Iterator[Piece | Unreadable]:
    """Yield the documents of a file, and invalid text between them."""
    start, line = 0, first_line
    for separator in _SEPARATOR.finditer(text):
        yield Piece(line, text[start : separator.start()])
        line += text.count(b"\n", start, separator.start())
        rest = separator[1].strip()
        if rest and not rest.startswith(b"#"):
            reason = "a line that begins with `---` must contain nothing else"
            yield Unreadable(line, reason, "put what follows `---` into the next line")
        start, line = separator.end(), line + 1
    yield Piece(line, text[start:])
