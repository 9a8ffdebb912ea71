"""What administrators see of passes: log lines and Events, each once."""

from collections import defaultdict
from collections.abc import Iterable

import structlog

from controller.api import names
from controller.api.event import Event
from controller.planning.notices import Notice, notices
from controller.planning.plan import Plan
from controller.planning.pool_plan import PoolPlan
from controller.planning.rollout.decision import Decision, Step
from controller.planning.snapshot import Snapshot
from controller.planning.texts import summarize_names
from controller.planning.transition import Transition
from controller.reconcile.ports import Cluster

_log = structlog.get_logger(__name__)


class Reporter:
    """Logs and emits what is new since the pass before."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._waiting: dict[str, set[tuple[str, str]]] = {}
        self._notices: frozenset[Notice] = frozenset()

    def unavailable(self, snapshot: Snapshot) -> None:
        """Report the parts of the cluster that could not be listed."""
        for part, reason in snapshot.unavailable.items():
            _log.warning("list failed", part=part.value, reason=reason)

    def node_changed(self, node: str, new: Transition) -> None:
        """Report the new status of a node."""
        log = _log.warning if new.warning else _log.info
        log("node status", node=node, event_reason=new.event_reason, reason=new.message)
        if new.event_reason:
            self._cluster.emit(
                Event.on_node(node, new.event_reason, new.message, warning=new.warning)
            )

    def target_changed(self, plan: PoolPlan) -> None:
        """Report the new target of a pool."""
        sources = plan.rendered.sources if plan.rendered else ()
        _log.info("rendered", pool=plan.name, config=plan.target, sources=sources)
        message, uid = f"the target is {plan.target}", plan.pool.metadata.uid
        self._cluster.emit(Event("MachineConfigPool", plan.name, uid, "Rendered", message))

    def untainted(self, decision: Decision) -> None:
        """Report that a new node takes pods."""
        self._cluster.emit(Event.on_node(decision.node, "Untainted", decision.reason))

    def decided(self, pool: str, decision: Decision, command: str = "") -> None:
        """Report a decision that was carried out; `command` repeats its run."""
        _log.info(
            "decision",
            pool=pool,
            node=decision.node,
            step=decision.step.value,
            config=decision.config,
            reason=decision.reason,
            **({"command": command} if command else {}),
        )

    def waiting(self, pool: str, decisions: Iterable[Decision]) -> None:
        """Report why nodes wait: one line for each reason, which thousands may share."""
        nodes: dict[str, list[str]] = defaultdict(list)
        for each in decisions:
            if each.step is Step.NONE:
                nodes[each.reason].append(each.node)
        waiting = {(summarize_names(names), reason) for reason, names in nodes.items()}
        for named, reason in sorted(waiting - self._waiting.get(pool, set())):
            _log.info("decision", pool=pool, nodes=named, step=Step.NONE.value, reason=reason)
        self._waiting[pool] = waiting

    def notices(self, snapshot: Snapshot, planned: Plan) -> None:
        """Report what users should know about their objects."""
        found = frozenset(notices(snapshot, planned))
        for each in sorted(found - self._notices, key=str):
            about, event_reason = f"{each.kind} {each.name}", each.event_reason
            _log.warning("notice", event_reason=event_reason, object=about, reason=each.message)
            self._cluster.emit(
                Event(each.kind, each.name, each.uid, event_reason, each.message, warning=True)
            )
        # Notices about objects that could not be listed may still hold.
        self._notices = found | self._notices if snapshot.unavailable else found

    def shortage(self, message: str) -> None:
        """Report what the controller itself has too little of."""
        self._cluster.emit(
            Event(
                "MachineConfiguration",
                names.CLUSTER,
                None,
                "ControllerShortage",
                message,
                warning=True,
            )
        )
