"""The permissions of the controller's ServiceAccount, and those that only it has."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from controller.api.names import API_VERSION, NAMESPACE, SERVICE_ACCOUNT
from tests.contract.crds import CRDS, DEPLOY, install

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.crds import ApiServer, Kubectl

CONTROLLER = f"--as=system:serviceaccount:{NAMESPACE}:{SERVICE_ACCOUNT}"
# With all rights in RBAC, so that a refusal comes from the kind or the policy.
WITH_EVERY_RIGHT = (CONTROLLER, "--as-group=system:masters")

EVERYWHERE = {
    "machineconfigs.machineconfiguration.alauda.io": "get list watch create delete",
    "machineconfigpools.machineconfiguration.alauda.io": "get list watch create patch",
    "machineconfigpools.machineconfiguration.alauda.io/status": "patch",
    "machineconfigurations.machineconfiguration.alauda.io": "get list watch create",
    "machineconfigurations.machineconfiguration.alauda.io/status": "patch",
    "machineconfignodes.machineconfiguration.alauda.io": "get list watch create delete",
    "machineconfignodes.machineconfiguration.alauda.io/status": "patch",
    "nodes": "get list watch patch",
    "pods": "list",
    "pods/eviction": "create",
    "namespaces": "get",
    "daemonsets.apps": "get",
    "poddisruptionbudgets.policy": "list",
    "events": "create patch",
    "events.events.k8s.io": "create patch",
}
BESIDES = {
    "default": {"endpointslices.discovery.k8s.io": "list"},
    "kube-system": {},
    "kube-node-lease": {"leases.coordination.k8s.io": "get list"},
    NAMESPACE: {"leases.coordination.k8s.io": "get create update"},
}
# What the API server lets every user read about themselves.
OF_EVERYONE = re.compile(r"^self\w+\.(authentication|authorization)\.k8s\.io$")

ONLY_THE_CONTROLLER = "only the controller writes MachineConfigs named rendered-*"
NEVER_CHANGES = "a rendered MachineConfig is immutable"


@pytest.fixture(scope="module")
def kubectl(api_server: ApiServer) -> Kubectl:
    kubectl = install(api_server)
    applied = kubectl("apply", "-k", str(DEPLOY))
    assert applied.returncode == 0, applied.stderr
    _wait_until_the_policy_is_in_force(kubectl)
    return kubectl


def _wait_until_the_policy_is_in_force(kubectl: Kubectl) -> None:
    """Wait until the API server enforces a new policy, which takes a moment."""
    attempt = ("create", "--dry-run=server", "-f", "-")
    end = time.monotonic() + 30
    while ONLY_THE_CONTROLLER not in kubectl(*attempt, stdin=machine_config("rendered-x")).stderr:
        assert time.monotonic() < end, "the policy never came into force"
        time.sleep(0.1)


@pytest.fixture
def rendered(kubectl: Kubectl) -> Iterator[str]:
    """A rendered MachineConfig that the controller has created."""
    made = kubectl("create", CONTROLLER, "-f", "-", stdin=machine_config("rendered-worker-1"))
    assert made.returncode == 0, made.stderr
    yield "rendered-worker-1"
    kubectl("delete", "mc", "rendered-worker-1")


def machine_config(name: str, body: str = "data:,one", **metadata: object) -> str:
    files = [{"path": "/etc/example", "contents": {"source": body}}]
    config = {"ignition": {"version": "3.4.0"}, "storage": {"files": files}}
    thing: dict[str, Any] = {"apiVersion": API_VERSION, "kind": "MachineConfig"}
    thing |= {"metadata": {"name": name, **metadata}, "spec": {"config": config}}
    return json.dumps(thing)


def merge(**patch: object) -> tuple[str, str, str]:
    return "--type=merge", "--patch", json.dumps(patch)


@pytest.mark.parametrize("namespace", BESIDES)
def test_the_controller_may_do_this_and_no_more(namespace: str, kubectl: Kubectl) -> None:
    table = kubectl("auth", "can-i", "--list", f"--namespace={namespace}", CONTROLLER)
    assert table.returncode == 0, table.stderr
    rows = re.findall(r"^(\S+) +\[\] +\[(.*?)\] +\[(.*?)\]$", table.stdout, re.MULTILINE)
    granted = {
        (resource, names): verbs
        for resource, names, verbs in rows
        if not OF_EVERYONE.match(resource)
    }
    expected = EVERYWHERE | BESIDES[namespace]
    assert granted == {(resource, ""): verbs for resource, verbs in expected.items()}


def test_a_user_cannot_create_a_rendered_machine_config(kubectl: Kubectl) -> None:
    answer = kubectl("create", "-f", "-", stdin=machine_config("rendered-worker-2"))
    assert answer.returncode != 0
    assert ONLY_THE_CONTROLLER in answer.stderr


def test_a_user_cannot_generate_the_name_of_a_rendered_machine_config(kubectl: Kubectl) -> None:
    generated = json.loads(machine_config(""))
    generated["metadata"] = {"generateName": "rendered-worker-"}
    answer = kubectl("create", "-f", "-", stdin=json.dumps(generated))
    assert answer.returncode != 0
    assert ONLY_THE_CONTROLLER in answer.stderr


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param({"spec": {"config": {"storage": {"files": []}}}}, id="spec"),
        pytest.param({"metadata": {"labels": {"a": "b"}}}, id="labels"),
        pytest.param({"metadata": {"annotations": {"a": "b"}}}, id="annotations"),
    ],
)
def test_a_user_cannot_change_a_rendered_machine_config(
    patch: dict[str, Any], rendered: str, kubectl: Kubectl
) -> None:
    answer = kubectl("patch", "mc", rendered, *merge(**patch))
    assert answer.returncode != 0
    assert ONLY_THE_CONTROLLER in answer.stderr or NEVER_CHANGES in answer.stderr


@pytest.mark.parametrize(
    "config",
    [
        pytest.param({"storage": {"files": []}}, id="files"),
        pytest.param({"ignition": {"version": "3.3.0"}}, id="version"),
        pytest.param({"new": True}, id="unknown field"),
    ],
)
def test_even_the_controller_cannot_change_the_spec_of_a_rendered_machine_config(
    config: dict[str, Any], rendered: str, kubectl: Kubectl
) -> None:
    answer = kubectl("patch", "mc", rendered, *WITH_EVERY_RIGHT, *merge(spec={"config": config}))
    assert answer.returncode != 0
    assert NEVER_CHANGES in answer.stderr


def test_the_policy_lets_the_controller_label_a_rendered_machine_config(
    rendered: str, kubectl: Kubectl
) -> None:
    label = merge(metadata={"labels": {"a": "b"}})
    answer = kubectl("patch", "mc", rendered, *WITH_EVERY_RIGHT, *label)
    assert answer.returncode == 0, answer.stderr


def test_the_garbage_collector_may_do_its_work_on_a_rendered_machine_config(
    rendered: str, kubectl: Kubectl
) -> None:
    owner = {"apiVersion": "v1", "kind": "Node", "name": "gone", "uid": "1"}
    for step in (
        ("patch", "mc", rendered, *merge(metadata={"finalizers": ["example.com/collected"]})),
        ("patch", "mc", rendered, *merge(metadata={"ownerReferences": [owner]})),
        ("patch", "mc", rendered, *merge(metadata={"ownerReferences": None})),
        ("delete", "mc", rendered, "--wait=false"),
        ("patch", "mc", rendered, *merge(metadata={"finalizers": None})),
    ):
        answer = kubectl(*step)
        assert answer.returncode == 0, answer.stderr
    assert kubectl("get", "mc", rendered).returncode != 0


def test_a_user_may_change_their_own_machine_configs(kubectl: Kubectl) -> None:
    for body in ("data:,one", "data:,two"):
        answer = kubectl("apply", "-f", "-", stdin=machine_config("50-example", body))
        assert answer.returncode == 0, answer.stderr
    kubectl("delete", "mc", "50-example")


@pytest.mark.parametrize("manifests", [("-f", str(CRDS)), ("-k", str(DEPLOY))])
def test_client_side_and_server_side_apply_can_be_mixed(
    manifests: tuple[str, str], kubectl: Kubectl
) -> None:
    for way in ("--server-side=false", "--server-side", "--server-side=false", "--server-side"):
        answer = kubectl("apply", way, *manifests)
        assert answer.returncode == 0, answer.stderr


def test_only_the_controller_has_its_rights() -> None:
    documents = [
        document
        for path in DEPLOY.glob("*.yaml")
        for document in yaml.safe_load_all(path.read_text())
    ]
    subjects = [s for document in documents for s in document.get("subjects", [])]
    account = {"kind": "ServiceAccount", "name": SERVICE_ACCOUNT, "namespace": NAMESPACE}
    assert subjects
    assert all(subject == account for subject in subjects)
