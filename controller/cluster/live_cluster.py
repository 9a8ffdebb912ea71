"""The cluster port of a pass, implemented over a real API server."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Self

from controller.api.event import Event
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_node import MachineConfigNodeStatus
from controller.api.machine_config_pool import (
    MachineConfigPool,
    MachineConfigPoolStatus,
    PoolConfiguration,
)
from controller.api.machine_configuration import ClusterPolicies, MachineConfiguration
from controller.api.meta import Condition
from controller.cluster import defaults, events, writes
from controller.cluster.api_server import ApiServer, RequestErrors, reason
from controller.cluster.errors import ClusterError
from controller.cluster.observation.listing import Listing
from controller.cluster.observation.observer import Observer
from controller.cluster.request_errors import explain
from controller.planning.node import Node
from controller.planning.snapshot import Snapshot
from controller.rendering.render import Rendered

_FLUSH_TIMEOUT: Final = 1.0  # seconds


@contextmanager
def _explained() -> Iterator[None]:
    """Raise a failed request with its cause and, unless that is transient, its remedy."""
    try:
        yield
    except RequestErrors as error:
        raise ClusterError(*explain(error)) from error


@contextmanager
def _writing() -> Iterator[None]:
    """Raise a failed write with the API server's own message."""
    try:
        yield
    except RequestErrors as error:
        raise ClusterError(reason(error)) from error


class LiveCluster:
    """Everything that passes read from the API server and write to it."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self._observer = Observer(Listing(server))
        self._events = events.Events(server)

    def __enter__(self) -> Self:
        """Be ready for passes."""
        return self

    def __exit__(self, *_: object) -> None:
        """Post no more Events."""
        self._events.close()

    @_explained()
    def create_defaults(self) -> list[str]:
        """Create the default objects that are missing, and return their names."""
        return defaults.create_missing(self._server)

    @_explained()
    def observe(self) -> Snapshot:
        """List the cluster."""
        return self._observer()

    @_writing()
    def write_node(self, node: Node, status: MachineConfigNodeStatus) -> None:
        """Write a node's status, and its copy in the Node's annotations."""
        writes.write_node(self._server, node, status)

    @_writing()
    def remove_new_node_taint(self, node: str) -> None:
        """Let pods be scheduled onto a node that is new no more."""
        writes.remove_new_node_taint(self._server, node)

    @_writing()
    def write_rendered(self, pool: MachineConfigPool, rendered: Rendered) -> None:
        """Create a rendered MachineConfig."""
        writes.write_rendered(self._server, pool, rendered)

    @_writing()
    def write_target(self, pool: MachineConfigPool, configuration: PoolConfiguration) -> None:
        """Write a pool's target."""
        writes.write_target(self._server, pool, configuration)

    @_writing()
    def write_pool_status(self, pool: MachineConfigPool, status: MachineConfigPoolStatus) -> None:
        """Write a pool's status."""
        writes.write_pool_status(self._server, pool, status)

    @_writing()
    def write_pool_conditions(self, pool: str, conditions: Sequence[Condition]) -> None:
        """Write the conditions of a pool whose spec is invalid."""
        writes.write_pool_conditions(self._server, pool, conditions)

    @_writing()
    def write_policies(
        self, configuration: MachineConfiguration, policies: ClusterPolicies
    ) -> None:
        """Write the merged disruption policies into the MachineConfiguration's status."""
        writes.write_policies(self._server, configuration, policies)

    @_writing()
    def delete_rendered(self, config: MachineConfig) -> None:
        """Delete a rendered MachineConfig."""
        writes.delete_rendered(self._server, config)

    def emit(self, event: Event) -> None:
        """Post an Event in the background; a failure is only logged."""
        about = events.reference(event.kind, event.name, event.uid)
        event_type = "Warning" if event.warning else "Normal"
        self._events.emit(about, event_type, event.reason, event.message)

    def flush_events(self) -> None:
        """Wait a moment until the Events are posted."""
        self._events.wait(_FLUSH_TIMEOUT)
