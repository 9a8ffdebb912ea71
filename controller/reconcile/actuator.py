"""Carries out the decisions of a plan."""

import dataclasses
import secrets
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import structlog

from controller.planning import node_status
from controller.planning.node import Node
from controller.planning.rollout.decision import Decision, Step
from controller.planning.transition import Transition
from controller.reconcile.node_writer import NodeWriter
from controller.reconcile.pass_state import PassState
from controller.reconcile.ports import Ports
from controller.reconcile.reporter import Reporter
from controller.reconcile.standby import Standbys
from controller.runs.updates import Updates

_log = structlog.get_logger(__name__)
# The steps that write a node's status and nothing else; a pass may have thousands of them.
_WRITTEN: Final = {Step.TARGET, Step.RECORD}


class Actuator:
    """Carries out decisions while this process leads; each that fails stops no other."""

    def __init__(  # noqa: PLR0913 - the parts that decisions act on
        self,
        ports: Ports,
        updates: Updates,
        nodes: NodeWriter,
        standbys: Standbys,
        reporter: Reporter,
        cancel_runs: Callable[[], None],
    ) -> None:
        self._ports = ports
        self._updates = updates
        self._nodes = nodes
        self._standbys = standbys
        self._reporter = reporter
        self._cancel_runs = cancel_runs
        self._steps: dict[Step, Callable[[str, Decision, PassState], None]] = {
            Step.RUN: self._run,
            Step.CANCEL: self._cancel_run,
            Step.UNTAINT: self._remove_taint,
            Step.HAND_OVER: self._step_down,
        }

    def carry_out(self, pool: str, decisions: Sequence[Decision], state: PassState) -> None:
        """Carry out the decisions of a pool, or of the nodes that are in none."""
        written = [each for each in decisions if each.step in _WRITTEN]
        self._ports.concurrently(partial(self._write, pool, each, state) for each in written)
        for decision in decisions:
            step = self._steps.get(decision.step)
            if step and self._ports.leadership.held():
                with state.isolated(pool=pool, node=decision.node):
                    step(pool, decision, state)
        self._reporter.waiting(pool, decisions)

    def _write(self, pool: str, decision: Decision, state: PassState) -> None:
        """Write the new desired config of a node, or its status alone."""
        with state.isolated(pool=pool, node=decision.node):
            # Back off first: if the write fails, this node waits, and its slot can go to another
            # one.
            self._updates.back_off(decision.node, state.now)
            if self._ports.leadership.held():
                node = state.nodes[decision.node]
                self._nodes.write(node, self._transition(pool, decision, state), state)
                self._reporter.decided(pool, decision)
            self._updates.reset_backoff(decision.node)

    def _transition(self, pool: str, decision: Decision, state: PassState) -> Transition:
        node, config, now = state.nodes[decision.node], decision.config, state.now
        if decision.step is Step.TARGET:
            again = node.recover_requested
            targeted = node_status.on_targeted(
                node.status, pool, config, now, again=again, ready=node.ready
            )
            begun = node_status.with_pods_before(targeted, node.static_pods)
            status = node_status.with_handled(begun, recover=node.requests.recover)
            event = "Targeted"
            self._ports.wake()
        elif node.status.state is None:
            status = node_status.from_annotations(pool, config, node.requests, now)
            event = "StatusRebuilt"
            self._ports.wake()
        else:
            status, event = node_status.on_renamed(node.status, pool, config), ""
        return Transition(status, event, decision.reason)

    def _run(self, pool: str, decision: Decision, state: PassState) -> None:
        node = state.nodes[decision.node]
        config = state.snapshot.machine_config(decision.config)
        if config is None:
            _log.warning("config not found", node=node.name, config=decision.config)
            self._reporter.decided(pool, decision)
            return
        node = self._prepared(node)
        fence = self._ports.leadership.transitions
        command = self._updates.start(node, config, state.snapshot, fence, state.now)
        self._reporter.decided(pool, decision, command)

    def _prepared(self, node: Node) -> Node:
        """Return the node as its run finds it, and write what is new of its status."""
        status, mark = node_status.on_run_starting(node.status, ready=node.ready), node.cordon_mark
        if not node.cordoned_by_controller:
            # The run may cordon the node; a cordon with this mark is the controller's.
            mark = secrets.token_hex(16)
            status = node_status.with_cordon_mark(status, mark)
        if status != node.status:
            self._ports.cluster.write_node(node, status)
        return dataclasses.replace(node, status=status, cordon_mark=mark)

    def _cancel_run(self, pool: str, decision: Decision, state: PassState) -> None:
        del state
        self._updates.stop(decision.node)
        self._reporter.decided(pool, decision)

    def _remove_taint(self, pool: str, decision: Decision, state: PassState) -> None:
        del state
        self._ports.cluster.remove_new_node_taint(decision.node)
        self._reporter.untainted(decision)
        self._reporter.decided(pool, decision)

    def _step_down(self, pool: str, decision: Decision, state: PassState) -> None:
        del state
        self._cancel_runs()
        self._standbys.step_down()
        self._reporter.decided(pool, decision)
