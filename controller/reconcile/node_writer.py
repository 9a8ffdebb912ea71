"""Writes the statuses of nodes."""

import dataclasses
from collections.abc import Callable, Iterable
from functools import partial

from controller.planning.node import Node
from controller.planning.transition import Transition
from controller.reconcile.pass_state import PassState
from controller.reconcile.ports import Ports
from controller.reconcile.reporter import Reporter


class NodeWriter:
    """Writes each new status of a node, and reports it once it is written."""

    def __init__(self, ports: Ports, reporter: Reporter) -> None:
        self._ports = ports
        self._reporter = reporter

    def write(self, node: Node, transition: Transition, state: PassState) -> None:
        """Write a new status."""
        status = transition.status
        self._ports.cluster.write_node(node, status)
        self._reporter.node_changed(node.name, transition)
        state.nodes[node.name] = dataclasses.replace(node, status=status, mirrored=True)

    def write_all(
        self,
        transitions: Iterable[tuple[Node, Transition]],
        state: PassState,
        acknowledge: Callable[[str], None],
    ) -> None:
        """Write new statuses while this process leads, and acknowledge each that is written."""

        def write(node: Node, transition: Transition) -> None:
            if not self._ports.leadership.held():
                return
            with state.isolated(node=node.name):
                self.write(node, transition, state)
                acknowledge(node.name)

        self._ports.concurrently(partial(write, *each) for each in transitions)

    def repair_annotations(self, state: PassState) -> None:
        """Copy the status to the annotations of each Node where these differ from it."""

        def repair(node: Node) -> None:
            with state.isolated(node=node.name):
                self._ports.cluster.write_node(node, node.status)

        others = [node for node in state.nodes.values() if not node.mirrored]
        self._ports.concurrently(partial(repair, node) for node in others)
