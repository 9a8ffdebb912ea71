"""A file of YAML cut into its documents where kubectl cuts it: at lines that begin with `---`.

The cut is made in the text, before anything is parsed: what is wrong in one document does not keep
the others from being read.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from controller.manifests.nodes import Unreadable

_SEPARATOR = b"---"


@dataclass
class Piece:
    """The text of one document, and the line of the file where it begins."""

    first_line: int
    lines: list[bytes] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text, with line feeds as line breaks and without a byte order mark.

        Raises:
            Unreadable: the bytes are not UTF-8.
        """
        raw = b"".join(line + b"\n" for line in self.lines)
        try:
            return raw.decode().removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            line = self.first_line + raw.count(b"\n", 0, error.start)
            raise Unreadable(line, "this is not UTF-8", "save the file as UTF-8") from error


def pieces(text: bytes, first_line: int = 1) -> Iterator[Piece | Unreadable]:
    """The documents of a file, and what stands between them though it must not."""
    piece = Piece(first_line)
    for number, line in enumerate(text.removesuffix(b"\n").split(b"\n"), first_line):
        if not line.startswith(_SEPARATOR):
            piece.lines.append(line.removesuffix(b"\r"))
            continue
        yield piece
        piece = Piece(number + 1)
        rest = line.removeprefix(_SEPARATOR).strip()
        if rest and not rest.startswith(b"#"):
            reason = "a line that begins with `---` ends a document and holds nothing else"
            yield Unreadable(number, reason, "put what follows `---` into the next line")
    yield piece
