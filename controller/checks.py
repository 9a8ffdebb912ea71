"""The drift check: one run over many nodes, each held against its own current config."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta

import structlog
from pydantic import ValidationError

from controller.api.machine_config_node import Drift
from controller.execution.protocol import Executor, Host, Json, Request, Result, Run
from controller.planning import progress
from controller.planning.snapshot import Node, Snapshot
from controller.settings import Settings
from controller.updates import Change

_log = structlog.get_logger(__name__)
# What stands for a node whose record names a config that nobody here knows.
_RECORD = "/var/lib/machine-config/record.json"
_LONGEST_KIND = 63  # characters, as the MachineConfigNode takes them


class Checks:
    """At most one check run at a time."""

    def __init__(self, executor: Executor, settings: Settings) -> None:
        """Nothing was checked yet."""
        self._executor = executor
        self._interval = timedelta(seconds=settings.check_interval)
        self._run: Run | None = None
        self._held_against: dict[str, str] = {}
        self._known: frozenset[str] = frozenset()
        self._next: datetime | None = None

    def due(self, now: datetime) -> bool:
        """Whether a check should be started; the first one an interval after the first question."""
        if self._next is None:
            # Who has just started has updates to resume, and restarts must not check a fleet anew.
            self._next = now + self._interval
        return self._run is None and now >= self._next

    @property
    def next_due(self) -> datetime | None:
        """When the next check is due; None while one runs, whose end wakes the loop."""
        return None if self._run else self._next

    def start(
        self,
        nodes: Collection[Node],
        snapshot: Snapshot,
        fence: int,
        now: datetime,
    ) -> None:
        """Check the nodes that are settled; the others say themselves where they stand."""
        self._next = now + self._interval
        # The nodes of a pool share one document.
        needed = {node.status.current_config for node in nodes}
        there = [each for each in snapshot.machine_configs if each.name in needed]
        configs = {each.name: each.to_api() for each in there}
        hosts = {node.name: host for node in nodes for host in _host(node, configs)}
        if not hosts:
            return
        self._held_against = {
            node.name: node.status.current_config for node in nodes if node.name in hosts
        }
        self._known = frozenset(each.name for each in snapshot.machine_configs)
        request = Request("check.yml", tuple(hosts.values()), None, fence)
        self._run = self._executor.start(request)
        _log.info("check", nodes=len(hosts), command=self._run.command)

    def news(self, nodes: Mapping[str, Node], now: datetime) -> Iterator[tuple[Node, Change]]:
        """What the check found, of nodes that are still on the config they were held against."""
        if self._run is None or self._run.results is None:
            return
        for name, result in self._run.results.items():
            node = nodes.get(name)
            if node and self._still_stands(node):
                yield from _changes(node, result, self._known, now)

    def settle(self) -> None:
        """Forget the run once what it found is written down."""
        if self._run is not None and self._run.results is not None:
            self._run = None

    def cancel(self) -> None:
        """End the run."""
        if self._run is not None:
            self._run.cancel()
            self._run.wait()
        self._run = None

    def _still_stands(self, node: Node) -> bool:
        return node.settled and self._held_against.get(node.name) == node.status.current_config


def _host(node: Node, configs: Mapping[str, Json]) -> Iterator[Host]:
    """The node as the playbook reaches it, if there is something to hold it against."""
    config = configs.get(node.status.current_config)
    if config is not None and node.settled and node.ready and not node.held:
        yield Host(node.name, node.address, config)


def _changes(
    node: Node, result: Result, known: frozenset[str], now: datetime
) -> Iterator[tuple[Node, Change]]:
    drift = _drift(result)
    if drift is None:
        _log.warning("check failed", node=node.name, reason=result.cause or "an answer of no sense")
        return
    config = str(result.findings["check"].get("config", node.status.current_config))
    if config != node.status.current_config:
        if config in known:
            message = f"was brought to {config} by hand"
            yield node, Change(progress.by_hand(node.status, config, now), "ByHand", message)
            return
        drift = [Drift(path=_RECORD, kind=f"on {config or 'no config'}"[:_LONGEST_KIND])]
    status = progress.checked(node.status, drift, now)
    if status.drift == node.status.drift and status.state is node.status.state:
        return
    if drift:
        yield node, Change(status, "Drift", status.reason, warning=True)
    else:
        yield node, Change(status, "DriftCleared", "is again what its config says")


def _drift(result: Result) -> list[Drift] | None:
    """What the node says differs; None where the check failed or the answer makes no sense."""
    if not result.succeeded:
        return None
    try:
        return [
            Drift(path=each["path"] or each["name"], kind=each["what"][:_LONGEST_KIND])
            for each in result.findings["check"]["differences"]
        ]
    except (KeyError, TypeError, ValidationError):
        return None
