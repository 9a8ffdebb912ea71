"""The cluster as the planner sees it, listed again for each pass.

Without the pools and the MachineConfigs a pass is impossible. Other parts that could not be listed
are named in the snapshot, and whatever does not depend on them continues.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TypeVar

from controller.api import names
from controller.api.json_object import Json
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_node import MachineConfigNode
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.machine_configuration import MachineConfiguration
from controller.cluster.api_server import API_PATH, ApiServer, RequestErrors, reason
from controller.cluster.observation.control_plane import SLICES, control_plane_facts
from controller.cluster.observation.listing import ALL_KINDS, Listing, fail
from controller.cluster.observation.node_parser import ParsedNode
from controller.cluster.observation.object_parser import parser, parser_of_kind
from controller.cluster.observation.pods import control_plane_pods, controller_nodes
from controller.planning.control_plane_facts import ControlPlaneFacts
from controller.planning.node import Node
from controller.planning.snapshot import Part, Snapshot, Unreadable

_Observed = TypeVar("_Observed")


class Observer:
    """Lists the cluster, and parses only the objects that changed since the last time."""

    def __init__(self, listing: Listing, *, strict: bool = False) -> None:
        """List by `listing`; a `strict` observer raises instead of leaving a part out."""
        self._listing = listing
        self._tolerated: tuple[type[Exception], ...] = () if strict else RequestErrors
        self._pools = parser_of_kind(MachineConfigPool)
        self._machine_configs = parser_of_kind(MachineConfig)
        self._configurations = parser_of_kind(MachineConfiguration)
        self._machine_config_nodes = parser_of_kind(MachineConfigNode)
        self._nodes = parser("Node", ParsedNode.of)
        self._unreadable: list[Unreadable] = []
        self._unavailable: dict[Part, str] = {}

    def __call__(self) -> Snapshot:
        """Return everything that a pass depends on, reduced to the planner's own types.

        Raises:
            RequestErrors: the pools or the MachineConfigs could not be listed.
        """
        self._unreadable, self._unavailable = [], {}
        configurations = self._available(Part.POLICY, self._list_configurations) or ()
        nodes = self._available(Part.NODES, self._list_nodes) or ()
        controllers = self._available(Part.CONTROLLERS, lambda: controller_nodes(self._listing))
        return Snapshot(
            nodes=nodes,
            controllers=controllers or frozenset(),
            pools=self._readable(self._pools(self._items(names.MACHINE_CONFIG_POOLS))),
            machine_configs=self._readable(
                self._machine_configs(self._items(names.MACHINE_CONFIGS))
            ),
            configuration=next(iter(configurations), None),
            control_plane=self._control_plane(nodes),
            unreadable=tuple(self._unreadable),
            unavailable=dict(self._unavailable),
        )

    def _available(self, part: Part, read: Callable[[], _Observed]) -> _Observed | None:
        try:
            return read()
        except self._tolerated as error:
            self._unavailable[part] = reason(error)
            return None

    def _readable(self, parsed: Iterable[_Observed | Unreadable]) -> tuple[_Observed, ...]:
        readable: list[_Observed] = []
        for each in parsed:
            if isinstance(each, Unreadable):
                self._unreadable.append(each)
            else:
                readable.append(each)
        return tuple(readable)

    def _items(self, plural: str) -> Iterator[Json]:
        return self._listing.items(f"{API_PATH}/{plural}")

    def _list_configurations(self) -> tuple[MachineConfiguration, ...]:
        return self._readable(self._configurations(self._items(names.MACHINE_CONFIGURATIONS)))

    def _list_nodes(self) -> tuple[Node, ...]:
        # An unreadable MachineConfigNode counts as missing: the controller creates it again.
        listed = self._machine_config_nodes(self._items(names.MACHINE_CONFIG_NODES))
        known = {each.name: each for each in self._readable(listed)}
        pods = self._available(Part.CONTROL_PLANE, lambda: control_plane_pods(self._listing))
        parsed = self._readable(self._nodes(self._listing.items("/api/v1/nodes")))
        return tuple(
            each.with_status(known.get(each.node.name), (pods or {}).get(each.node.name, ()))
            for each in parsed
        )

    def _control_plane(self, nodes: Iterable[Node]) -> ControlPlaneFacts | None:
        """Return what the API server says of itself, where the control plane has nodes."""
        present = any(node.labels.keys() & names.CONTROL_PLANE_LABELS for node in nodes)
        if not present or SLICES not in self._listing.kinds:
            return None
        return self._available(Part.API_SERVERS, lambda: control_plane_facts(self._listing))


def observe(
    server: ApiServer,
    *,
    kinds: Collection[str] = ALL_KINDS,
    metadata_only: Collection[str] = (),
    on_forbidden: Callable[[str], bool] = fail,
) -> Snapshot:
    """Return the cluster once, limited as `Listing` describes.

    Raises:
        RequestErrors: a collection could not be listed.
    """
    return Observer(Listing(server, kinds, metadata_only, on_forbidden), strict=True)()
