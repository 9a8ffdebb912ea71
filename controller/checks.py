"""The drift check: one run over many nodes, each held against its own current config."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from controller.api.machine_config_node import Drift, NodeState
from controller.execution.protocol import Executor, Host, Json, Request, Result, Run
from controller.planning import progress
from controller.planning.snapshot import Node
from controller.settings import Settings
from controller.updates import Change


class Checks:
    """At most one check run at a time."""

    def __init__(self, executor: Executor, settings: Settings) -> None:
        """Nothing was checked yet."""
        self._executor = executor
        self._interval = timedelta(seconds=settings.check_interval)
        self._run: Run | None = None
        self._held_against: dict[str, str] = {}
        self._next: datetime | None = None

    def due(self, now: datetime) -> bool:
        """Whether a check should be started."""
        return self._run is None and (self._next is None or now >= self._next)

    def start(
        self,
        nodes: Iterable[Node],
        machine_configs: Mapping[str, Json],
        fence: int,
        now: datetime,
    ) -> None:
        """Check the nodes that are settled; the others say themselves where they stand."""
        chosen = [node for node in nodes if _checkable(node, machine_configs)]
        self._next = now + self._interval
        if not chosen:
            return
        self._held_against = {node.name: node.status.current_config for node in chosen}
        hosts = tuple(
            Host(node.name, node.address, machine_configs[node.status.current_config])
            for node in chosen
        )
        self._run = self._executor.start(Request("check.yml", hosts, None, fence))

    def news(self, nodes: Mapping[str, Node], now: datetime) -> Iterator[tuple[Node, Change]]:
        """What the check found, of nodes that are still on the config they were held against."""
        if self._run is None or self._run.results is None:
            return
        for name, result in self._run.results.items():
            node = nodes.get(name)
            if node and result.succeeded and self._still_stands(node):
                yield from _changes(node, result, now)

    def settle(self) -> None:
        """Forget the run once what it found is written down."""
        if self._run is not None and self._run.results is not None:
            self._run = None

    def cancel(self) -> None:
        """End the run."""
        if self._run is not None:
            self._run.cancel()
        self._run = None

    def _still_stands(self, node: Node) -> bool:
        settled = node.status.state is NodeState.DONE or node.drifted
        return settled and self._held_against.get(node.name) == node.status.current_config


def _checkable(node: Node, machine_configs: Mapping[str, Json]) -> bool:
    settled = node.status.state is NodeState.DONE or node.drifted
    return (
        settled and node.ready and not node.held and node.status.current_config in machine_configs
    )


def _changes(node: Node, result: Result, now: datetime) -> Iterator[tuple[Node, Change]]:
    differences = result.findings.get("check", {}).get("differences", ())
    drift = [
        Drift(path=each["path"] or each["name"], kind=each["what"][:63]) for each in differences
    ]
    status = progress.checked(node.status, drift, now)
    if status.drift == node.status.drift and status.state is node.status.state:
        return
    if drift:
        yield node, Change(status, "Drift", status.reason, warning=True)
    else:
        yield node, Change(status, "DriftCleared", "is again what its config says")
