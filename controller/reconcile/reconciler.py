"""One pass: observe the cluster, record what runs came to, plan, act, and write what is so.

A pass is level-triggered: it rebuilds its view from the cluster, so a restart changes nothing.
"""

import dataclasses
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Final, Self

import structlog

from controller import metrics
from controller.api import names
from controller.cluster import events, writes
from controller.cluster.api_server import ApiServer, RequestErrors, reason
from controller.cluster.lease import Lease
from controller.cluster.observation import Observer
from controller.execution.shortage import ShortageError
from controller.planning import node_status, pool_status
from controller.planning.disruption import policies
from controller.planning.notices import Notice, notices
from controller.planning.plan import Plan, PoolPlan, plan
from controller.planning.rollout.decide import Decision, Step
from controller.planning.snapshot import Node, Part, Runs, Snapshot
from controller.planning.summary import few
from controller.planning.transition import Change
from controller.reconcile.loop import SOON
from controller.reconcile.render_cache import RenderCache
from controller.reconcile.shortages import Shortages
from controller.reconcile.standby import Standbys
from controller.reconcile.write_pool import WritePool
from controller.runs.checks import Checks
from controller.runs.updates import Updates
from controller.settings import Settings

_log = structlog.get_logger(__name__)
_MOMENT: Final = 1.0  # seconds that a pass waits for its Events to be posted
# The steps that only write down what is to be.
_WRITTEN: Final = {Step.TARGET, Step.RECORD}
# Those that move runs, or the Lease; most nodes of a pass have neither.
_ACTED: Final = {Step.RUN, Step.END, Step.ADMIT, Step.HAND_OVER}


class Reconciler:
    """Brings every node to its pool's config; only while it holds the Lease."""

    def __init__(  # noqa: PLR0913 - the parts that a pass is made of
        self,
        server: ApiServer,
        lease: Lease,
        updates: Updates,
        checks: Checks,
        settings: Settings,
        wake: Callable[[], None],
    ) -> None:
        """Nothing is under way; `wake` asks for another pass soon."""
        self._server = server
        self._lease = lease
        self._updates = updates
        self._checks = checks
        self._settings = settings
        self._wake = wake
        self._observe = Observer(server)
        self._render = RenderCache()
        self._finished = True
        self._said: dict[str, set[tuple[str, str]]] = {}
        self._side_by_side = WritePool()
        self._succession = Standbys(lease, settings.node_name)
        self._shortages = Shortages(self._tell_shortage)
        self._events = events.Events(server)
        self._told: frozenset[Notice] = frozenset()
        self._marked: set[str] = set()

    def run_pass(self) -> float:
        """Make one pass, and say after how many seconds the next is due if nothing happens.

        Raises:
            RequestErrors: the API server could not be read; nothing was decided.
            ShortageError: this process has not got what it takes, which was told.
        """
        try:
            patience = self._pass()
        except ShortageError as error:
            self._shortages.found(str(error), datetime.now(UTC))
            raise
        self._events.wait(_MOMENT)
        return patience

    def _pass(self) -> float:
        if not self._lease.held():
            self._cancel()
            return self._settings.resync_interval
        self._finished = True
        now = datetime.now(UTC)
        snapshot = self._observe()
        for part, why in snapshot.unseen.items():
            _log.warning("not listed", part=part.value, reason=why)
            self._finished = False
        if Part.NODES in snapshot.unseen:
            return self._render_alone(snapshot, now)
        nodes = self._record_news(snapshot, now)
        snapshot = dataclasses.replace(snapshot, nodes=tuple(nodes.values()))
        planned = plan(snapshot, self._runs(snapshot), self._settings.boot_user, now, self._render)
        self._tell(snapshot, planned, now)
        for pool_plan in self._put_all_in_force(planned, snapshot):
            with self._apart(pool=pool_plan.name):
                self._act_on(pool_plan.name, pool_plan.decisions, snapshot, nodes, now)
                self._write_status(pool_plan, nodes, now)
        self._act_on("", planned.strays, snapshot, nodes, now)
        for config in planned.expendable:
            with self._apart(config=config.name):
                writes.delete_rendered(self._server, config)
        with self._apart(object="MachineConfiguration"):
            self._write_policies(snapshot)
        targets = {pool_plan.name: pool_plan.target for pool_plan in planned.pools}
        with self._apart(object="checks"):
            self._checks.start(nodes.values(), snapshot, targets, self._lease.transitions, now)
        self._shortages.look(now)
        metrics.record_pass(nodes.values(), now)
        return self._patience(planned)

    def _render_alone(self, snapshot: Snapshot, now: datetime) -> float:
        """What can be done where nobody knows how the nodes stand; their runs go on."""
        runs, boot_user = self._runs(snapshot), self._settings.boot_user
        planned = plan(snapshot, runs, boot_user, now, self._render)
        self._tell(snapshot, planned, now)
        self._put_all_in_force(planned, snapshot)
        return SOON

    def _patience(self, planned: Plan) -> float:
        """Nothing else wakes the loop when a check or another attempt is due."""
        times = self._checks.next_due, self._updates.next_due, planned.next_due
        due = [each for each in times if each]
        now = datetime.now(UTC)
        waits = [max(0.0, (each - now).total_seconds()) for each in due]
        return min([self._settings.resync_interval if self._finished else SOON, *waits])

    def _runs(self, snapshot: Snapshot) -> Runs:
        unseen = Part.CONTROLLERS in snapshot.unseen
        stand_in = "" if unseen else self._succession.stand_in(snapshot.controllers)
        runs = self._updates.runs(stand_in, snapshot.configuration)
        return dataclasses.replace(runs, adopted=self._checks.matching)

    @contextmanager
    def _apart(self, **about: str) -> Iterator[None]:
        """What fails in here holds up nothing else; the pass is made again soon."""
        try:
            yield
        except RequestErrors as error:
            _log.warning("not finished", **about, reason=reason(error))
            self._finished = False
        except ShortageError as error:
            self._shortages.found(str(error), datetime.now(UTC))
            self._finished = False

    def __enter__(self) -> Self:
        """Ready for passes."""
        return self

    def __exit__(self, *_: object) -> None:
        """End all runs; whoever comes next resumes them."""
        self._cancel()
        self._events.close()

    def _cancel(self) -> None:
        self._updates.cancel()
        self._checks.cancel()

    def _record_news(self, snapshot: Snapshot, now: datetime) -> dict[str, Node]:
        """Write down what runs came to, and return the nodes as they are then.

        A run is forgotten only when what it came to is written down.
        """
        nodes = {node.name: node for node in snapshot.nodes}
        unreadable = {each.name for each in snapshot.unreadable_of("Node")}
        updated = self._updates.poll(nodes, now, unreadable)
        self._record_all(updated.changes, nodes, self._updates.acknowledge)
        checked = self._checks.poll(nodes, now)
        self._record_all(checked.changes, nodes, self._checks.acknowledge)
        for shortage in filter(None, (updated.shortage, checked.shortage)):
            self._shortages.found(shortage, now)
        others = (node for node in nodes.values() if not node.mirrored)
        self._side_by_side(partial(self._mirror, node) for node in others)
        return nodes

    def _mirror(self, node: Node) -> None:
        with self._apart(node=node.name):
            writes.write_node(self._server, node, node.status)

    def _record_all(
        self,
        changes: Iterable[tuple[Node, Change]],
        nodes: dict[str, Node],
        recorded: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Write down what has changed in `nodes`, and call `recorded` for each that is written."""

        def record(node: Node, change: Change) -> None:
            if not self._lease.held():
                return
            with self._apart(node=node.name):
                nodes[node.name] = self._record(node, change)
                recorded(node.name)

        self._side_by_side(partial(record, *each) for each in changes)

    def _record(self, node: Node, change: Change) -> Node:
        writes.write_node(self._server, node, change.status)
        log = _log.warning if change.warning else _log.info
        log("node", node=node.name, step=change.event, reason=change.message)
        if change.event:
            kind = "Warning" if change.warning else "Normal"
            self._events.emit(events.node(node.name), kind, change.event, change.message)
        return dataclasses.replace(node, status=change.status, mirrored=True)

    def _put_all_in_force(self, planned: Plan, snapshot: Snapshot) -> list[PoolPlan]:
        """Put what was rendered in force, and return the pools that may go on."""
        ready: set[str] = set()

        def put(pool_plan: PoolPlan) -> None:
            with self._apart(pool=pool_plan.name):
                self._put_in_force(pool_plan, snapshot)
                ready.add(pool_plan.name)

        self._side_by_side(partial(put, each) for each in planned.pools)
        return [each for each in planned.pools if each.name in ready]

    def _put_in_force(self, pool_plan: PoolPlan, snapshot: Snapshot) -> None:
        rendered, pool = pool_plan.rendered, pool_plan.pool
        if rendered is None:
            return
        if snapshot.machine_config(rendered.name) is None:
            writes.write_rendered(self._server, pool, rendered)
            self._wake()
        if writes.configuration(rendered) == pool.spec.configuration:
            return
        writes.write_target(self._server, pool, rendered)
        _log.info("rendered", pool=pool_plan.name, config=rendered.name, sources=rendered.sources)
        about = events.reference("MachineConfigPool", pool.name, pool.metadata.uid)
        self._events.emit(about, "Normal", "Rendered", f"{rendered.name} is in force")
        self._wake()

    def _act_on(
        self,
        pool: str,
        decisions: Sequence[Decision],
        snapshot: Snapshot,
        nodes: dict[str, Node],
        now: datetime,
    ) -> None:
        def give(decision: Decision) -> None:
            with self._apart(pool=pool, node=decision.node):
                # Until it is written, so that others get the slot if it cannot be.
                self._updates.back_off(decision.node, now)
                self._give(pool, decision, nodes, now)
                self._updates.reset_backoff(decision.node)

        self._side_by_side(partial(give, each) for each in decisions if each.step in _WRITTEN)
        for decision in decisions:
            if decision.step in _ACTED:
                with self._apart(pool=pool, node=decision.node):
                    self._act(pool, decision, snapshot, nodes, now)
        self._say_who_waits(pool, decisions)

    def _give(self, pool: str, decision: Decision, nodes: dict[str, Node], now: datetime) -> None:
        """Write down that the node is to have a config, or has it already."""
        if not self._lease.held():
            return
        node, config = nodes[decision.node], decision.config
        if decision.step is Step.TARGET:
            again = node.recover_asked
            targeted = node_status.targeted(node.status, pool, config, now, again=again)
            status = node_status.answered(targeted, recover=node.requests.recover)
            event = "Targeted"
            self._wake()
        elif node.status.state is None:
            status = node_status.recollected(pool, config, node.requests, now)
            event = "Recollected"
            self._wake()
        else:
            status, event = node_status.renamed(node.status, pool, config), ""
        nodes[node.name] = self._record(node, Change(status, event, decision.reason))
        self._say(pool, decision)

    def _act(
        self,
        pool: str,
        decision: Decision,
        snapshot: Snapshot,
        nodes: dict[str, Node],
        now: datetime,
    ) -> None:
        if not self._lease.held():
            return
        match decision.step:
            case Step.RUN:
                command = self._start(nodes[decision.node], decision, snapshot, now)
                self._say(pool, decision, command)
            case Step.END:
                self._updates.stop(decision.node)
                self._say(pool, decision)
            case Step.ADMIT:
                writes.remove_taint(self._server, decision.node)
                about = events.node(decision.node)
                self._events.emit(about, "Normal", "Admitted", decision.reason)
                self._say(pool, decision)
            case Step.HAND_OVER:
                self._cancel()
                self._succession.hand_over()
                self._say(pool, decision)

    def _start(self, node: Node, decision: Decision, snapshot: Snapshot, now: datetime) -> str:
        config = snapshot.machine_config(decision.config)
        if config is None:
            _log.warning("no such config", node=node.name, config=decision.config)
            return ""
        if not node.cordoned_by_us:
            mark = secrets.token_hex(16)
            status = node_status.to_be_cordoned(node.status, mark)
            writes.write_node(self._server, node, status)
            node = dataclasses.replace(node, status=status, cordon_mark=mark)
        return self._updates.start(node, config, snapshot, self._lease.transitions, now)

    def _write_status(self, pool_plan: PoolPlan, nodes: dict[str, Node], now: datetime) -> None:
        pool, rendered = pool_plan.pool, pool_plan.rendered
        in_force = writes.configuration(rendered) if rendered else pool.spec.configuration
        members = [nodes[node.name] for node in pool_plan.members]
        status = pool_status.pool_status(pool, members, in_force, pool_plan.problems, now)
        writes.write_pool_status(self._server, pool, status)

    def _write_policies(self, snapshot: Snapshot) -> None:
        configuration = snapshot.configuration
        if configuration is not None:
            writes.write_policies(self._server, configuration, policies(configuration))

    def _say(self, pool: str, decision: Decision, command: str = "") -> None:
        _log.info(
            "decision",
            pool=pool,
            node=decision.node,
            step=decision.step.value,
            config=decision.config,
            reason=decision.reason,
            **({"command": command} if command else {}),
        )

    def _say_who_waits(self, pool: str, decisions: Iterable[Decision]) -> None:
        """One log line for each reason, which may be that of thousands, when it is new."""
        waiting: dict[str, list[str]] = defaultdict(list)
        for each in decisions:
            if each.step is Step.NOTHING:
                waiting[each.reason].append(each.node)
        words = {(few(nodes), why) for why, nodes in waiting.items()}
        for nodes, why in sorted(words - self._said.get(pool, set())):
            _log.info("decision", pool=pool, nodes=nodes, step=Step.NOTHING.value, reason=why)
        self._said[pool] = words

    def _tell(self, snapshot: Snapshot, planned: Plan, now: datetime) -> None:
        """An Event for whatever is new of what people should know of their objects."""
        found = frozenset(notices(snapshot, planned))
        for each in sorted(found - self._told, key=str):
            words = {"object": f"{each.kind} {each.name}", "reason": each.message}
            _log.warning("notice", word=each.word, **words)
            about = events.reference(each.kind, each.name, each.uid)
            self._events.emit(about, "Warning", each.word, each.message)
        # What could not be looked at may be as it was.
        self._told = found | self._told if snapshot.unseen else found
        unreadable = snapshot.unreadable_of("MachineConfigPool")
        self._marked.intersection_update(map(str, unreadable))
        for pool in unreadable:
            if str(pool) not in self._marked:
                with self._apart(pool=pool.name):
                    conditions = pool_status.unreadable(pool.why, now)
                    writes.write_pool_conditions(self._server, pool.name, conditions)
                    self._marked.add(str(pool))

    def _tell_shortage(self, message: str) -> None:
        about = events.reference("MachineConfiguration", names.CLUSTER, None)
        self._events.emit(about, "Warning", "ControllerShort", message)
