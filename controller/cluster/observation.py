"""The cluster as the planner sees it, listed anew for each pass.

Pools and MachineConfigs are needed for anything at all. Of what else cannot be listed the snapshot
says so, and what does not rest on it goes on.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from controller.api import names
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_node import MachineConfigNode
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.machine_configuration import MachineConfiguration
from controller.cluster.api_server import OURS, ApiServer, Json, RequestErrors, reason
from controller.cluster.node_parser import ParsedNode
from controller.cluster.object_parser import apart, of_kind
from controller.cluster.pods import failing_control_plane, nodes_of_controllers
from controller.planning.node import Node
from controller.planning.snapshot import Part, Snapshot, Unreadable

_Seen = TypeVar("_Seen")


class Observer:
    """Lists the cluster, and remembers what it has parsed."""

    def __init__(self, server: ApiServer, *, strict: bool = False) -> None:
        """Nothing was seen yet; a `strict` one sees everything or fails."""
        self._server = server
        self._tolerated: tuple[type[Exception], ...] = () if strict else RequestErrors
        self._pools = of_kind(MachineConfigPool)
        self._machine_configs = of_kind(MachineConfig)
        self._configurations = of_kind(MachineConfiguration)
        self._notes = of_kind(MachineConfigNode)
        self._nodes = apart("Node", ParsedNode.of)
        self._unreadable: list[Unreadable] = []
        self._unavailable: dict[Part, str] = {}

    def __call__(self) -> Snapshot:
        """All that a pass looks at, reduced at once to our own types.

        Raises:
            RequestErrors: what is needed for anything at all could not be listed.
        """
        self._unreadable, self._unavailable = [], {}
        configurations = self._looked(Part.POLICY, self._observe_configurations) or ()
        nodes = self._looked(Part.NODES, self._observe_nodes) or ()
        controllers = self._looked(Part.CONTROLLERS, lambda: nodes_of_controllers(self._server))
        return Snapshot(
            nodes=nodes,
            controllers=controllers or frozenset(),
            pools=self._readable(self._pools(self._ours(names.MACHINE_CONFIG_POOLS))),
            machine_configs=self._readable(
                self._machine_configs(self._ours(names.MACHINE_CONFIGS))
            ),
            configuration=next(iter(configurations), None),
            unreadable=tuple(self._unreadable),
            unavailable=dict(self._unavailable),
        )

    def _looked(self, part: Part, look: Callable[[], _Seen]) -> _Seen | None:
        try:
            return look()
        except self._tolerated as error:
            self._unavailable[part] = reason(error)
            return None

    def _readable(self, found: Iterable[_Seen | Unreadable]) -> tuple[_Seen, ...]:
        readable: list[_Seen] = []
        for each in found:
            if isinstance(each, Unreadable):
                self._unreadable.append(each)
            else:
                readable.append(each)
        return tuple(readable)

    def _ours(self, plural: str) -> Iterator[Json]:
        return self._server.items(f"{OURS}/{plural}")

    def _observe_configurations(self) -> tuple[MachineConfiguration, ...]:
        return self._readable(self._configurations(self._ours(names.MACHINE_CONFIGURATIONS)))

    def _observe_nodes(self) -> tuple[Node, ...]:
        # A note that cannot be read is none: it is made anew.
        notes = self._readable(self._notes(self._ours(names.MACHINE_CONFIG_NODES)))
        known = {note.name: note for note in notes}
        failing = self._looked(Part.CONTROL_PLANE, lambda: failing_control_plane(self._server))
        seen = self._readable(self._nodes(self._server.items("/api/v1/nodes")))
        return tuple(
            each.with_status(known.get(each.node.name), (failing or {}).get(each.node.name, ()))
            for each in seen
        )


def observe(server: ApiServer) -> Snapshot:
    """What an observer sees who looks once.

    Raises:
        RequestErrors: something could not be listed.
    """
    return Observer(server, strict=True)()
