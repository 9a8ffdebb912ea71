"""A node whose tools say what a test has them say."""

from typing import NamedTuple

from machineconfig_node.base.view import ToolResult, View


class Node(NamedTuple):
    """What is on the node: what tools say of it, unit texts, accounts and files."""

    units: dict[str, str] = {}  # noqa: RUF012 - nobody writes into it
    refused: dict[str, list[str]] = {}  # noqa: RUF012 - same
    accounts: frozenset[str] = frozenset({"root"})
    files: dict[str, str] = {}  # noqa: RUF012 - same


class Tools(View):
    """A view of such a node; a tool that has nothing to say finds nothing wrong."""

    def __init__(self, node: Node) -> None:
        """Remember who was asked what."""
        object.__setattr__(self, "node", node)
        object.__setattr__(self, "asked", [])

    node: Node
    asked: list[str]

    def run(self, tool: str, *words: str) -> ToolResult:
        """Answer as the tool would."""
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
        """Say whether there is such a file."""
        return pattern in self.node.files
