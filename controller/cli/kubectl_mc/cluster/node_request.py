"""What is asked of the controller: a new word in an annotation of a Node.

The controller says in the MachineConfigNode which word it has answered.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from controller.api import names
from controller.cli.kubectl_mc.cluster.api_errors import changing
from controller.cluster.api_server import ApiServer
from controller.planning.node import Node

_ANNOTATIONS: Final = {"check": names.CHECK, "recover": names.RECOVER}


@dataclass(frozen=True)
class Question:
    """One question, asked of the controller for any number of nodes."""

    what: Literal["check", "recover"]
    word: str = field(default_factory=lambda: secrets.token_hex(8))

    def answered_for(self, node: Node) -> bool:
        """Whether the controller has answered it, or the same that was asked by somebody since."""
        asked: str = getattr(node.requests, self.what)
        answered: str = getattr(node.status.last_handled_requests, self.what)
        superseded = asked not in {"", self.word}
        return answered == self.word or (superseded and answered == asked)

    def ask(self, server: ApiServer, nodes: Iterable[str]) -> None:
        """Ask it for these nodes.

        Raises:
            CommandError: a node is gone, or the API server did not take the annotation.
        """
        body = {"metadata": {"annotations": {_ANNOTATIONS[self.what]: self.word}}}
        for name in nodes:
            with changing(f"node {name}", "patch", "nodes"):
                server.patch(f"/api/v1/nodes/{name}", body)
