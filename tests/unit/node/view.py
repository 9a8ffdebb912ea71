"""A fake node whose tools answer as a test defines."""

from collections.abc import Mapping
from typing import NamedTuple

from machineconfig_node.base.view import ToolResult, View


class Node(NamedTuple):
    """The content of the node: answers of tools, unit texts, accounts and files."""

    units: dict[str, str] = {}  # noqa: RUF012 - it is never changed
    refused: dict[str, list[str]] = {}  # noqa: RUF012 - same
    accounts: frozenset[str] = frozenset({"root"})
    files: dict[str, str] = {}  # noqa: RUF012 - same


class Tools(View):
    """A view of the fake node; a tool without an answer reports no problem."""

    def __init__(self, node: Node) -> None:
        """Record the commands."""
        object.__setattr__(self, "node", node)
        object.__setattr__(self, "asked", [])

    node: Node
    asked: list[str]

    def run(
        self,
        tool: str,
        *words: str,
        environment: Mapping[str, str] = {},  # noqa: ARG002 - it is never changed
    ) -> ToolResult:
        """Answer like the tool."""
        self.asked.append(" ".join([tool, *words]))
        if words and words[0] == "cat-config":
            return ToolResult(0, self.node.units.get(words[1].rpartition("/")[2], "").splitlines())
        if tool == "getent":
            return ToolResult(0 if words[1] in self.node.accounts else 2, [])
        said = self.node.refused.get(words[-1] if tool == "systemd-analyze" else tool, [])
        return ToolResult(1 if said else 0, said)

    def read(self, path: str) -> str:
        """Return the text of a file."""
        return self.node.files.get(path, "")

    def has(self, pattern: str) -> bool:
        """Return whether there is such a file."""
        return pattern in self.node.files
