"""A file of YAML cut into its documents where kubectl cuts it: at lines that begin with `---`.

The cut is made in the text, before anything is parsed: what is wrong in one document does not keep
the others from being read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from controller.manifests.nodes import Unreadable

_SEPARATOR: Final = re.compile(rb"^---([^\n]*)(?:\n|\Z)", re.MULTILINE)


@dataclass(frozen=True)
class Piece:
    """The bytes of one document, and the line of the file where it begins."""

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
    """The documents of a file, and what stands between them though it must not."""
    start, line = 0, first_line
    for separator in _SEPARATOR.finditer(text):
        yield Piece(line, text[start : separator.start()])
        line += text.count(b"\n", start, separator.start())
        rest = separator[1].strip()
        if rest and not rest.startswith(b"#"):
            reason = "a line that begins with `---` ends a document and holds nothing else"
            yield Unreadable(line, reason, "put what follows `---` into the next line")
        start, line = separator.end(), line + 1
    yield Piece(line, text[start:])
