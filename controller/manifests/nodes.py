"""The common form of YAML and JSON: a tree of mappings, sequences and scalars with their lines.

Aliases in YAML make the tree an acyclic graph, in which a short text can expand to billions of
values. Every node has its size with all aliases expanded, before they are expanded, and everything
that is read from a file is counted: a value takes hundreds of bytes of memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

# Far above any object of Kubernetes; code that uses the data may be recursive.
MAX_DEPTH: Final = 100
# Limits of one file. An object in the API server has at most about ten thousand values.
MAX_DOCUMENTS: Final = 10_000
MAX_VALUES: Final = 500_000
# Values and characters that aliases may add to a file, as a protection against bombs.
MAX_EXPANDED: Final = 1_000_000


class Stop(ValueError):  # noqa: N818 - about a text, not an error of the program
    """Reading stopped at `line`; the remedy is for the author of the text."""

    def __init__(self, line: int, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason
        self.remedy = remedy


class Unreadable(Stop):
    """A document that is not valid YAML or JSON for kubectl."""


class TooDeep(Unreadable):
    """A text that is nested too deep."""

    def __init__(self, line: int) -> None:
        super().__init__(line, f"nested more than {MAX_DEPTH} levels deep", "reduce the nesting")


class TooMuch(Stop):
    """A file that exceeds a limit: its rest is not read."""


class Allowance:
    """The amount that may still be read from a file. Each method uses some of it.

    Raises:
        TooMuch: nothing is left.
    """

    def __init__(self) -> None:
        self._documents = MAX_DOCUMENTS
        self._values = MAX_VALUES
        self._expanded = MAX_EXPANDED

    def document(self, line: int) -> None:
        """Count a document."""
        self._documents -= 1
        if self._documents < 0:
            reason = f"the file contains more than {MAX_DOCUMENTS:,} documents"
            raise TooMuch(line, reason, "split it")

    def value(self, line: int) -> None:
        """Count a value."""
        self._values -= 1
        if self._values < 0:
            raise TooMuch(line, f"the file contains more than {MAX_VALUES:,} values", "split it")

    def alias(self, line: int, size: int) -> None:
        """Count an alias of a node of this size."""
        self._expanded -= size
        if self._expanded < 0:
            reason = f"its aliases expand to more than {MAX_EXPANDED:,} characters"
            raise TooMuch(line, reason, "use fewer aliases")


class Merge:
    """The key `<<` of YAML, which merges the members of other mappings."""


MERGE: Final = Merge()

Value = str | int | float | bool | Merge | None


@dataclass(slots=True, eq=False)
class Scalar:
    """A scalar value."""

    line: int
    value: Value
    depth: int = field(default=1, init=False)

    @property
    def size(self) -> int:
        """The approximate length of the text of the value."""
        return 1 + len(self.value) if isinstance(self.value, str) else 1


@dataclass(slots=True, eq=False)
class Collection:
    """A node with children; its size and depth are final when all children are added."""

    line: int
    children: "list[Node]" = field(default_factory=list)
    size: int = 1
    depth: int = 1

    def add(self, child: "Node") -> None:
        """Add a complete child.

        Raises:
            TooDeep: the node is nested too deep with it.
        """
        self.children.append(child)
        self.size += child.size
        self.depth = max(self.depth, child.depth + 1)
        if self.depth > MAX_DEPTH:
            raise TooDeep(child.line)


class Sequence(Collection):
    """A list."""

    __slots__ = ()


class Mapping(Collection):
    """A mapping; its children are alternating keys and values, including duplicate keys."""

    __slots__ = ()

    @property
    def pairs(self) -> "Iterator[tuple[Node, Node]]":
        """The keys with their values, in the order of the text."""
        return zip(self.children[::2], self.children[1::2], strict=True)


Node = Scalar | Sequence | Mapping
