"""What YAML and JSON have in common: a tree of mappings, sequences and scalars, each on its line.

An alias in YAML makes the tree a graph without cycles, in which a short text can stand for billions
of values. Every node knows how large it is with all its aliases unfolded, before anybody unfolds
them, and all that is taken from a file is counted: a value takes hundreds of bytes of memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

# No object of Kubernetes comes near; what reads the data after us may recurse.
DEEPEST: Final = 100
# What one file may hold. An object that the API server stores has at most some ten thousand values.
MOST_DOCUMENTS: Final = 10_000
MOST_VALUES: Final = 500_000
# What aliases may add to a file, in values and characters: more is no object but a bomb.
MOST_UNFOLDED: Final = 1_000_000


class Stop(ValueError):  # noqa: N818 - it is said of a text, and no fault of the program
    """Why reading stopped at `line`; the remedy is for the person who wrote the text."""

    def __init__(self, line: int, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason
        self.remedy = remedy


class Unreadable(Stop):
    """A document that is neither YAML nor JSON as kubectl reads them."""


class TooDeep(Unreadable):
    """A text with more levels than anything that is meant."""

    def __init__(self, line: int) -> None:
        super().__init__(line, f"nested more than {DEEPEST} levels deep", "reduce the nesting")


class TooMuch(Stop):
    """A file that holds more than anything that is meant: what follows is not read."""


class Allowance:
    """What may still be taken from a file. Each method takes some of it.

    Raises:
        TooMuch: there is no more.
    """

    def __init__(self) -> None:
        self._documents = MOST_DOCUMENTS
        self._values = MOST_VALUES
        self._unfolded = MOST_UNFOLDED

    def document(self, line: int) -> None:
        """One more document."""
        self._documents -= 1
        if self._documents < 0:
            reason = f"the file contains more than {MOST_DOCUMENTS:,} documents"
            raise TooMuch(line, reason, "split it")

    def value(self, line: int) -> None:
        """One more value."""
        self._values -= 1
        if self._values < 0:
            raise TooMuch(line, f"the file contains more than {MOST_VALUES:,} values", "split it")

    def alias(self, line: int, size: int) -> None:
        """An alias of a node of this size."""
        self._unfolded -= size
        if self._unfolded < 0:
            reason = f"its aliases expand to more than {MOST_UNFOLDED:,} characters"
            raise TooMuch(line, reason, "use fewer aliases")


class Merge:
    """The key `<<` of YAML, which takes over the members of other mappings."""


MERGE: Final = Merge()

Value = str | int | float | bool | Merge | None


@dataclass(slots=True, eq=False)
class Scalar:
    """A value without parts; `size` counts the characters of a string."""

    line: int
    value: Value
    depth: int = field(default=1, init=False)

    @property
    def size(self) -> int:
        """How much it takes to write it down, roughly."""
        return 1 + len(self.value) if isinstance(self.value, str) else 1


@dataclass(slots=True, eq=False)
class Collection:
    """A node with parts; its size and depth are right when all parts are there."""

    line: int
    children: "list[Node]" = field(default_factory=list)
    size: int = 1
    depth: int = 1

    def add(self, child: "Node") -> None:
        """Take in one more part, complete in itself.

        Raises:
            TooDeep: for what it makes of the whole.
        """
        self.children.append(child)
        self.size += child.size
        self.depth = max(self.depth, child.depth + 1)
        if self.depth > DEEPEST:
            raise TooDeep(child.line)


class Sequence(Collection):
    """A list."""

    __slots__ = ()


class Mapping(Collection):
    """Its children are keys and values in turn, repeated keys included."""

    __slots__ = ()

    @property
    def pairs(self) -> "Iterator[tuple[Node, Node]]":
        """Each key with its value, in the order of the text."""
        return zip(self.children[::2], self.children[1::2], strict=True)


Node = Scalar | Sequence | Mapping
