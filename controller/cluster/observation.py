"""The cluster as the planner sees it, listed anew for each pass."""

from collections.abc import Iterator
from typing import TypeVar

from pydantic import ValidationError

from controller.api import names
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_node import MachineConfigNode
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.machine_configuration import MachineConfiguration
from controller.api.meta import ApiObject, ObjectMeta
from controller.cluster.api_server import OURS, ApiServer, Json, UnreadableError
from controller.cluster.pods import failing_control_plane, nodes_of_controllers
from controller.cluster.remembered import Remembered
from controller.cluster.seen_node import SeenNode
from controller.planning.snapshot import Node, Snapshot

Kind = TypeVar("Kind", bound=ApiObject)


class Observer:
    """Lists the cluster, and remembers what it has parsed."""

    def __init__(self, server: ApiServer) -> None:
        """Nothing was seen yet."""
        self._server = server
        self._pools = _remembered(MachineConfigPool)
        self._machine_configs = _remembered(MachineConfig)
        self._configurations = _remembered(MachineConfiguration)
        self._notes = Remembered(_note)
        self._nodes = Remembered(SeenNode.of)

    def __call__(self) -> Snapshot:
        """All that a pass looks at, reduced at once to our own types.

        Raises:
            UnreadableError: an object that people write is not what its kind says. To pass over it
                would take away from the nodes what it holds.
        """
        configurations = tuple(self._configurations(self._ours(names.MACHINE_CONFIGURATIONS)))
        return Snapshot(
            nodes=self._observe_nodes(),
            controllers=nodes_of_controllers(self._server),
            pools=tuple(self._pools(self._ours(names.MACHINE_CONFIG_POOLS))),
            machine_configs=tuple(self._machine_configs(self._ours(names.MACHINE_CONFIGS))),
            configuration=next(iter(configurations), None),
        )

    def _ours(self, plural: str) -> Iterator[Json]:
        return self._server.items(f"{OURS}/{plural}")

    def _observe_nodes(self) -> tuple[Node, ...]:
        notes = {note.name: note for note in self._notes(self._ours(names.MACHINE_CONFIG_NODES))}
        failing = failing_control_plane(self._server)
        seen = self._nodes(self._server.items("/api/v1/nodes"))
        return tuple(
            each.known_by(notes.get(each.node.name), failing.get(each.node.name, ()))
            for each in seen
        )


def observe(server: ApiServer) -> Snapshot:
    """What an observer sees who looks once."""
    return Observer(server)()


def _parsed(item: Json, kind: type[Kind]) -> Kind:
    document = {"apiVersion": names.API_VERSION, "kind": kind.__name__, **item}
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        name = item["metadata"]["name"]
        raise UnreadableError(f"{kind.__name__} {name}: {error}") from error


def _remembered(kind: type[Kind]) -> Remembered[Kind]:
    return Remembered(lambda item: _parsed(item, kind))


def _note(item: Json) -> MachineConfigNode:
    """What we have noted; a note that cannot be read is of no Node, and is made anew."""
    try:
        return _parsed(item, MachineConfigNode)
    except UnreadableError:
        return MachineConfigNode(metadata=ObjectMeta(name=item["metadata"]["name"]))
