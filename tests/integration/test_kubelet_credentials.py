"""What the credentials of one node's kubelet allow in the cluster."""

import json
from collections.abc import Iterator

import pytest

from controller.api import names
from controller.api.json_object import Json
from controller.api.names import APP_LABEL, NAMESPACE, SERVICE_ACCOUNT
from controller.api.node_labels import kubelet_may_set
from controller.cluster.api_server import ApiServer
from controller.cluster.observation.observer import observe
from tests import conftest
from tests.integration.cluster import Cluster

_KUBELET = ("--as=system:node:w-1", "--as-group=system:nodes")
_MARK = names.CORDON_MARK
_READY = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}


class Kubelet:
    """The credentials of the kubelet of w-1."""

    def __init__(self, server: conftest.ApiServer) -> None:
        self._server = server

    def does(self, *arguments: str, stdin: str | None = None) -> str:
        """Return the API server's answer; it begins with `Error` if the action is refused."""
        done = self._server.kubectl(*_KUBELET, *arguments, stdin=stdin)
        return done.stdout + done.stderr

    def may(self, *arguments: str, stdin: str | None = None) -> bool:
        """Return whether the API server allows the request."""
        return "forbidden" not in self.does(*arguments, stdin=stdin).lower()


@pytest.fixture
def kubelet(cluster: Cluster, api_server: conftest.ApiServer) -> Iterator[Kubelet]:
    del cluster
    yield Kubelet(api_server)
    api_server.kubectl("delete", "pod", "--all", "--force", f"--namespace={NAMESPACE}")


def replica(name: str, node: str, **metadata: object) -> Json:
    """Return a pod that claims to be a replica of the controller."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "labels": {APP_LABEL: SERVICE_ACCOUNT},
            **metadata,
        },
        "spec": {
            "nodeName": node,
            "containers": [{"name": "controller", "image": "controller"}],
        },
    }


def test_a_mirror_pod_of_a_kubelet_does_not_count_as_a_replica_of_the_controller(
    kubelet: Kubelet, api_server: conftest.ApiServer
) -> None:
    uid = api_server.kubectl("get", "node", "w-1", "-o=jsonpath={.metadata.uid}").stdout
    owner = {"apiVersion": "v1", "kind": "Node", "name": "w-1", "uid": uid, "controller": True}
    mark = {"annotations": {"kubernetes.io/config.mirror": "x"}, "ownerReferences": [owner]}
    fake = replica("fake", "w-1", **mark)
    genuine = replica("genuine", "w-2")
    genuine["spec"]["serviceAccountName"] = SERVICE_ACCOUNT

    assert "created" in kubelet.does("create", "-f-", stdin=json.dumps(fake)), "it may do that"
    claims = {**fake, "spec": {**fake["spec"], "serviceAccountName": SERVICE_ACCOUNT}}
    claims["metadata"] = {**fake["metadata"], "name": "claims"}
    assert not kubelet.may("create", "-f-", stdin=json.dumps(claims)), "our ServiceAccount"
    api_server.kubectl("create", "-f-", stdin=json.dumps(genuine))
    for name in ("fake", "genuine"):
        patch = ("patch", "pod", name, f"--namespace={NAMESPACE}", "--subresource=status")
        done = api_server.kubectl(*patch, "--type=merge", f"--patch={json.dumps(_READY)}")
        assert done.returncode == 0, done.stderr

    assert observe(ApiServer(api_server.kubeconfig)).controllers == {"w-2"}


@pytest.mark.parametrize(
    "action",
    [
        pytest.param("get machineconfigs", id="read the configs of other pools"),
        pytest.param("get machineconfignodes", id="read the status of nodes"),
        pytest.param(
            'patch mcn w-1 --subresource=status --type=merge -p={"status":{"reason":"x"}}',
            id="write the status of nodes",
        ),
        pytest.param(f"get leases -n {NAMESPACE}", id="read the controller's Lease"),
        pytest.param(f"delete leases --all -n {NAMESPACE}", id="delete the controller's Lease"),
        pytest.param("annotate node w-2 a=b", id="write another Node"),
        pytest.param(f"get secrets -n {NAMESPACE}", id="read secrets of the controller"),
        pytest.param(
            f"create token {SERVICE_ACCOUNT} -n {NAMESPACE}", id="get the controller's token"
        ),
    ],
)
def test_a_kubelet_may_not(kubelet: Kubelet, action: str) -> None:
    assert not kubelet.may(*action.split())


@pytest.mark.parametrize(
    "action",
    [
        "cordon w-1",
        "uncordon w-1",
        f"annotate node w-1 {names.HOLD}=true",
        f"annotate node w-1 {names.HOLD}-",
        f"annotate node w-1 {names.ADDRESS}=192.0.2.9",
    ],
)
def test_a_kubelet_may_write_its_own_node(kubelet: Kubelet, action: str) -> None:
    assert kubelet.may(*action.split())


def test_an_administrators_cordon_stays_whatever_mark_the_node_sets(
    cluster: Cluster, kubelet: Kubelet, api_server: conftest.ApiServer
) -> None:
    both = '{"spec": {"maxUnavailable": 2}}'
    api_server.kubectl("patch", "mcp", "worker", "--type=merge", f"--patch={both}")
    controller = cluster.controller()
    cluster.roll_out(controller)
    before = cluster.target()
    cluster.configure("1")
    mark = ""
    while not mark:
        controller.run_pass()
        cluster.machines.advance()
        mark = cluster.node("w-1").get(names.CORDON_MARK, "")
    cluster.roll_out(controller, beyond=before)

    before = cluster.target()
    cluster.cordon("w-1", cordoned=True)
    for number, forged in enumerate(("true", mark), start=2):
        last = cluster.target()
        assert kubelet.may("annotate", "--overwrite", "node", "w-1", f"{_MARK}={forged}")
        cluster.configure(f"{number}")
        cluster.roll_out(controller, beyond=last, nodes=["w-2"])
        assert cluster.node("w-1")["cordoned"], forged
        assert cluster.node("w-1")[names.CURRENT_CONFIG] == before, "it is the administrator's"


@pytest.mark.parametrize(
    "label",
    [
        "pool",
        "example.com/pool",
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
        "beta.kubernetes.io/instance-type",
        "node.kubernetes.io/pool",
        "any.kubelet.kubernetes.io/pool",
        "node-role.kubernetes.io/gpu",
        "node-restriction.kubernetes.io/gpu",
        "any.node-restriction.kubernetes.io/gpu",
        "kubernetes.io/gpu",
        "any.k8s.io/gpu",
        "notkubernetes.io/gpu",
    ],
)
def test_a_kubelet_may_set_the_labels_that_a_pool_is_warned_about_and_no_others(
    kubelet: Kubelet, label: str
) -> None:
    assert kubelet.may("label", "--overwrite", "node", "w-1", f"{label}=x") is kubelet_may_set(
        label
    )
