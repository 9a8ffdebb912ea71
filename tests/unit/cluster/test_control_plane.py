"""The control plane as its pods, its endpoints and the checks of the API server show it."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from controller.api import names
from controller.api.json_object import Json
from controller.cluster.observation.observer import observe
from controller.planning.control_plane_facts import ControlPlaneFacts
from controller.planning.node import Node
from controller.planning.snapshot import Snapshot
from tests.unit.cluster.test_malformed_objects import Objects
from tests.unit.cluster.test_node_parser import NODE

READY = {"type": "Ready", "status": "True"}


class Cluster(Objects):
    """An API server with one control plane node, its pods, and the endpoints of API servers."""

    def __init__(self, *pods: Json, endpoints: Json | None = None, checks: str = "") -> None:
        super().__init__()
        nodes = self.lists["nodes"]
        assert isinstance(nodes, list)
        nodes[0]["metadata"]["labels"] = {names.CONTROL_PLANE_NODE_LABEL: ""}
        self.lists["pods"] = list(pods)
        self.lists["endpointslices"] = [endpoints] if endpoints else []
        self.checks = checks

    def items(self, path: str, page: int = 1, **selection: str) -> Iterator[Json]:
        of_another = path.endswith("/pods") and "kube-system" not in path
        return iter(()) if of_another else super().items(path, page, **selection)

    def text(self, path: str, **query: str) -> str:
        assert (path, query) == ("/readyz", {"verbose": ""})
        return self.checks


def pod(container: str = "containerd://1", started: str = "10:00", **status: Any) -> Json:  # noqa: ANN401 - any field
    """Return the mirror pod of an etcd, as kubeadm's."""
    containers = [{"containerID": container, "state": {"running": {"startedAt": started}}}]
    return {
        "metadata": {"name": "etcd-w-1", "uid": "7", "labels": {"component": "etcd"}},
        "spec": {"nodeName": "w-1"},
        "status": {"conditions": [READY], "containerStatuses": containers, **status},
    }


def node_of(*pods: Json) -> Node:
    """Return the node as it is observed."""
    [node] = observe(Cluster(*pods)).nodes
    return node


def start_of(**fields: Any) -> str:  # noqa: ANN401 - any field
    """Return what identifies the start of the pod."""
    [found] = node_of(pod(**fields)).static_pods
    return found.start


def observed(**facts: Any) -> Snapshot:  # noqa: ANN401 - as for the cluster
    """Return the snapshot of a cluster with these facts."""
    return observe(Cluster(**facts))


def test_a_static_pod_of_etcd_shows_a_member_on_its_node() -> None:
    assert node_of(pod()).has_etcd
    assert node_of(pod()).failing_pods == ()
    assert node_of(pod(conditions=[])).failing_pods == ("etcd-w-1",)
    assert not node_of().has_etcd


@pytest.mark.parametrize(("status", "shown"), [("True", True), ("False", False)])
def test_k3s_shows_a_voting_member_by_a_condition(status: str, *, shown: bool) -> None:
    cluster = Cluster()
    nodes = cluster.lists["nodes"]
    assert isinstance(nodes, list)
    nodes[0]["status"]["conditions"].append({"type": "EtcdIsVoter", "status": status})

    [node] = observe(cluster).nodes
    assert node.has_etcd is shown


def test_each_start_of_a_pod_is_told_from_the_one_before() -> None:
    assert start_of() == start_of(conditions=[])
    assert start_of() != start_of(container="containerd://2")
    assert start_of() != start_of(started="10:05")


def test_the_endpoints_of_the_api_servers_are_those_that_are_ready() -> None:
    endpoints = [
        {"addresses": ["192.0.2.1"], "conditions": {"ready": True}},
        {"addresses": ["192.0.2.2"]},
        {"addresses": ["192.0.2.3"], "conditions": {"ready": False}},
    ]
    slices = {"metadata": {"name": "kubernetes"}, "endpoints": endpoints}

    assert observed(endpoints=slices).control_plane == ControlPlaneFacts(
        frozenset({"192.0.2.1", "192.0.2.2"})
    )


def test_the_checks_about_etcd_that_fail_are_named() -> None:
    checks = "[+]ping ok\n[-]etcd failed: reason withheld\n[-]shutdown failed: reason withheld\n"

    assert observed(checks=checks).control_plane == ControlPlaneFacts(failing=("etcd",))


def test_nothing_is_asked_of_a_cluster_without_control_plane_nodes() -> None:
    cluster = Cluster()
    cluster.lists["nodes"] = [deepcopy(NODE)]

    assert observe(cluster).control_plane is None
