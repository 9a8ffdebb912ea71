"""A malformed object is reported and does not affect others."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException

from controller.api.json_object import Json
from controller.cluster.api_server import ApiServer
from controller.cluster.json_depth import MAX_DEPTH, limit_depth
from controller.cluster.observation.listing import Listing
from controller.cluster.observation.observer import Observer
from controller.planning.snapshot import Part
from tests.unit.cluster.test_node_parser import NODE
from tests.unit.rendering.build import machine_config, pool

PLURALS = {
    "MachineConfig": "machineconfigs",
    "MachineConfigPool": "machineconfigpools",
    "MachineConfiguration": "machineconfigurations",
    "MachineConfigNode": "machineconfignodes",
    "Node": "nodes",
}


class Objects(ApiServer):
    """An API server with these objects, by the plural of their kind."""

    def __init__(self) -> None:
        """Start with one valid object of each kind."""
        metadata = {"name": "cluster"}
        self.lists: dict[str, list[Json] | Exception] = {
            "machineconfigs": [machine_config("50-good").to_api()],
            "machineconfigpools": [pool().to_api()],
            "machineconfigurations": [{"metadata": metadata, "spec": {}}],
            "machineconfignodes": [{"metadata": {"name": "good"}}],
            "nodes": [deepcopy(NODE)],
            "pods": [],
            "endpointslices": [],
        }

    def text(self, path: str, **query: str) -> str:
        del path, query
        return "[+]ping ok\n"

    def items(self, path: str, page: int = 1, **selection: str) -> Iterator[Json]:
        del page, selection
        found = self.lists[path.rpartition("/")[2]]
        if isinstance(found, Exception):
            raise found
        for number, each in enumerate(found):
            metadata = {"uid": str(number), "resourceVersion": "1", **each["metadata"]}
            yield {**each, "metadata": metadata}

    def add(self, kind: str, change: Callable[[Json], object]) -> None:
        """Add a malformed object of the kind."""
        objects = self.lists[PLURALS[kind]]
        assert isinstance(objects, list)
        bad = deepcopy(objects[0])
        bad["metadata"]["name"] = "bad"
        bad["metadata"].pop("uid", None)
        change(bad)
        objects.append(bad)


def put(*path: str, value: Any) -> Callable[[Json], object]:  # noqa: ANN401 - that is the point
    """Return a change that puts a value at a wrong place."""

    def change(item: Json) -> None:
        for step in path[:-1]:
            item = item.setdefault(step, {})
        item[path[-1]] = value

    return change


_MALFORMED: list[tuple[str, tuple[str, ...], list[Any]]] = [
    ("MachineConfig", ("spec",), ["text", 7, ["x"]]),
    ("MachineConfig", ("spec", "config"), ["text", {"ignition": {}}, {}, ["x"]]),
    ("MachineConfig", ("spec", "kernelArguments"), [[""], ["x" * 5000], [7], {"a": 1}]),
    ("MachineConfig", ("metadata", "labels"), [["a"], {"a": 7}]),
    ("MachineConfigPool", ("spec",), [None, "text"]),
    ("MachineConfigPool", ("spec", "maxUnavailable"), [-(10**40), "0%", 1.5, True, {}]),
    ("MachineConfigPool", ("spec", "nodeSelector"), ["text", {"matchExpressions": [{}]}]),
    ("MachineConfigPool", ("spec", "paused"), ["yes", 1]),
    ("MachineConfigPool", ("status", "machineCount"), [-1, "many"]),
    ("MachineConfigPool", ("status", "conditions"), [[{}], {"a": 1}, [{"type": 7}]]),
    ("MachineConfiguration", ("spec", "nodeDisruptionPolicy"), [7, {"files": [{}]}]),
    ("MachineConfigNode", ("status", "state"), ["Asleep", 7]),
    ("MachineConfigNode", ("status", "phaseSince"), ["yesterday", 10**40]),
    ("Node", ("metadata", "creationTimestamp"), [None, "yesterday"]),
    ("Node", ("metadata", "annotations"), [["x"]]),
    ("Node", ("status", "addresses"), [[{}], 7]),
    ("Node", ("status", "conditions"), [[{}], 7]),
    ("Node", ("spec", "taints"), [[{}], 7]),
]
MALFORMED = [
    pytest.param(kind, put(*path, value=value), id=f"{kind} {'.'.join(path)} {str(value)[:20]}")
    for kind, path, values in _MALFORMED
    for value in values
]


@pytest.mark.parametrize(("kind", "change"), MALFORMED)
def test_a_malformed_object_is_reported_and_does_not_affect_others(
    kind: str, change: Callable[[Json], object]
) -> None:
    server = Objects()
    expected = Observer(Listing(server))()
    server.add(kind, change)

    seen = Observer(Listing(server))()

    assert [(each.kind, each.name) for each in seen.unreadable] == [(kind, "bad")]
    assert seen.unreadable[0].reason.isprintable()
    assert (seen.pools, seen.machine_configs) == (expected.pools, expected.machine_configs)
    assert (seen.configuration, seen.nodes) == (expected.configuration, expected.nodes)


@pytest.mark.parametrize(
    ("plural", "part"),
    [
        ("nodes", Part.NODES),
        ("machineconfignodes", Part.NODES),
        ("machineconfigurations", Part.POLICY),
        ("pods", Part.CONTROL_PLANE),
        ("pods", Part.CONTROLLERS),
    ],
)
def test_a_failed_list_leaves_pools_and_machine_configs_available(plural: str, part: Part) -> None:
    server = Objects()
    expected = Observer(Listing(server))()
    server.lists[plural] = ApiException(status=500, reason="etcd has no leader")

    seen = Observer(Listing(server))()

    assert seen.unavailable[part] == "etcd has no leader"
    assert (seen.pools, seen.machine_configs) == (expected.pools, expected.machine_configs)


@pytest.mark.parametrize("plural", ["machineconfigs", "machineconfigpools"])
def test_an_observation_fails_without_pools_or_machine_configs(plural: str) -> None:
    server = Objects()
    server.lists[plural] = ApiException(status=500, reason="etcd has no leader")

    with pytest.raises(ApiException):
        Observer(Listing(server))()


@pytest.mark.parametrize("levels", [1, MAX_DEPTH - 10, MAX_DEPTH, MAX_DEPTH + 1, 3_000, 9_990])
@pytest.mark.parametrize(("left", "right"), [('{"a":', "}"), ("[", "]")])
def test_json_that_is_nested_too_deeply_is_cut_and_its_surroundings_are_kept(
    levels: int, left: str, right: str
) -> None:
    deep = left * levels + '"]}\\"{["' + right * levels
    text = f'[{deep}, {{"name": "] \\" }} \\\\", "beside": [1, "{{"]}}]'.encode()

    _, beside = json.loads(limit_depth(text))

    assert beside == {"name": '] " } \\', "beside": [1, "{"]}
    if levels < MAX_DEPTH:
        assert limit_depth(text) == text
