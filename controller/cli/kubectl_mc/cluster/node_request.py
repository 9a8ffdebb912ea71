"""Requests to the controller: an annotation of a Node with a nonce.

The status of the MachineConfigNode reports the nonce that the controller has handled last.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from controller.api import names
from controller.cli.kubectl_mc.cluster.api_errors import explain_write_errors
from controller.cluster.api_server import ApiServer
from controller.planning.node import Node

_ANNOTATIONS: Final = {"check": names.CHECK, "recover": names.RECOVER}


@dataclass(frozen=True)
class NodeRequest:
    """One request, for any number of nodes."""

    action: Literal["check", "recover"]
    nonce: str = field(default_factory=lambda: secrets.token_hex(8))

    def is_handled(self, node: Node) -> bool:
        """Return whether the controller has handled it, or a later request for the same action."""
        requested: str = getattr(node.requests, self.action)
        handled: str = getattr(node.status.answered, self.action)
        superseded = requested not in {"", self.nonce}
        return handled == self.nonce or (superseded and handled == requested)

    def send(self, server: ApiServer, nodes: Iterable[str]) -> None:
        """Annotate these nodes.

        Raises:
            CommandError: a node no longer exists, or the API server refused the annotation.
        """
        body = {"metadata": {"annotations": {_ANNOTATIONS[self.action]: self.nonce}}}
        for name in nodes:
            with explain_write_errors(f"node {name}", "patch", "nodes"):
                server.patch(f"/api/v1/nodes/{name}", body)
