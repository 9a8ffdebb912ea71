"""Writes to the API server. The controller is the only writer of each of these fields."""

from collections.abc import Sequence

from kubernetes.client.exceptions import ApiException

from controller.api import names
from controller.api.json_object import Json
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_node import MachineConfigNodeStatus
from controller.api.machine_config_pool import (
    MachineConfigPool,
    MachineConfigPoolStatus,
    PoolConfiguration,
)
from controller.api.machine_configuration import ClusterPolicies, MachineConfiguration
from controller.api.meta import ApiModel, Condition
from controller.cluster.api_server import API_PATH, CONFLICT, NOT_FOUND, ApiServer
from controller.planning.node import Node
from controller.planning.node_status import as_annotations
from controller.rendering.render import Rendered


def write_node(server: ApiServer, node: Node, status: MachineConfigNodeStatus) -> None:
    """Write a node's new status: its MachineConfigNode first, then the Node's annotations."""
    if status != node.status:
        _write_machine_config_node(server, node, status)
    after = as_annotations(status)
    if after != as_annotations(node.status) or not node.mirrored:
        server.patch(f"/api/v1/nodes/{node.name}", {"metadata": {"annotations": after}})


def _write_machine_config_node(
    server: ApiServer, node: Node, status: MachineConfigNodeStatus
) -> None:
    body = {"status": _with_removals(status)}
    path = f"{API_PATH}/{names.MACHINE_CONFIG_NODES}"
    try:
        written = server.patch(f"{path}/{node.name}/status", body)
        if _is_of(written, node):
            return
        # It belongs to a deleted Node of the same name, and is about to be garbage-collected.
        server.delete(f"{path}/{node.name}", written["metadata"]["uid"])
    except ApiException as error:
        if error.status != NOT_FOUND:
            raise
    server.create(path, _machine_config_node(node))
    server.patch(f"{path}/{node.name}/status", body)


def remove_new_node_taint(server: ApiServer, name: str) -> None:
    """Remove the taint of new nodes; the resourceVersion protects the taints of others."""
    node = server.get(f"/api/v1/nodes/{name}")
    taints = [each for each in node["spec"].get("taints", ()) if each["key"] != names.UNCONFIGURED]
    version = {"resourceVersion": node["metadata"]["resourceVersion"]}
    server.patch(f"/api/v1/nodes/{name}", {"metadata": version, "spec": {"taints": taints}})


def write_rendered(server: ApiServer, pool: MachineConfigPool, rendered: Rendered) -> None:
    """Create the rendered MachineConfig, owned by its pool; an existing one is the same."""
    spec: Json = {"config": rendered.config}
    if rendered.kernel_arguments:
        spec["kernelArguments"] = list(rendered.kernel_arguments)
    owner = _owner(names.API_VERSION, "MachineConfigPool", pool.metadata.name, pool.metadata.uid)
    document = {
        "apiVersion": names.API_VERSION,
        "kind": "MachineConfig",
        "metadata": {"name": rendered.name, "ownerReferences": [owner]},
        "spec": spec,
    }
    try:
        server.create(f"{API_PATH}/{names.MACHINE_CONFIGS}", document)
    except ApiException as error:
        if error.status != CONFLICT:
            raise


def delete_rendered(server: ApiServer, config: MachineConfig) -> None:
    """Delete a rendered MachineConfig that is no longer referenced, if it still exists."""
    try:
        path = f"{API_PATH}/{names.MACHINE_CONFIGS}/{config.metadata.name}"
        server.delete(path, config.metadata.uid)
    except ApiException as error:
        if error.status not in {NOT_FOUND, CONFLICT}:
            raise


def write_target(
    server: ApiServer, pool: MachineConfigPool, configuration: PoolConfiguration
) -> None:
    """Write a pool's target: its `spec.configuration`."""
    body = {"spec": {"configuration": _with_removals(configuration)}}
    server.patch(_pool_path(pool), body)


def write_pool_status(
    server: ApiServer, pool: MachineConfigPool, status: MachineConfigPoolStatus
) -> None:
    """Write a pool's status if it changed."""
    if status != pool.status:
        server.patch(f"{_pool_path(pool)}/status", {"status": _with_removals(status)})


def write_pool_conditions(server: ApiServer, name: str, conditions: Sequence[Condition]) -> None:
    """Write only the conditions, of a pool that cannot be read."""
    status = {"conditions": [each.to_api() for each in conditions]}
    server.patch(f"{API_PATH}/{names.MACHINE_CONFIG_POOLS}/{name}/status", {"status": status})


def write_policies(
    server: ApiServer, configuration: MachineConfiguration, policies: ClusterPolicies
) -> None:
    """Write the effective policy into the MachineConfiguration's status."""
    before = configuration.status.node_disruption_policy_status
    generation = configuration.metadata.generation
    if before and before.cluster_policies == policies:
        return
    status = {
        "observedGeneration": generation,
        "nodeDisruptionPolicyStatus": {"clusterPolicies": policies.to_api()},
    }
    path = f"{API_PATH}/{names.MACHINE_CONFIGURATIONS}/{configuration.metadata.name}/status"
    server.patch(path, {"status": status})


def _pool_path(pool: MachineConfigPool) -> str:
    return f"{API_PATH}/{names.MACHINE_CONFIG_POOLS}/{pool.metadata.name}"


def _machine_config_node(node: Node) -> Json:
    return {
        "apiVersion": names.API_VERSION,
        "kind": "MachineConfigNode",
        "metadata": {
            "name": node.name,
            "ownerReferences": [_owner("v1", "Node", node.name, node.uid)],
        },
    }


def _is_of(machine_config_node: Json, node: Node) -> bool:
    owners = machine_config_node["metadata"].get("ownerReferences", ())
    return node.uid in {each["uid"] for each in owners}


def _owner(api_version: str, kind: str, name: str, uid: str | None) -> Json:
    return {"apiVersion": api_version, "kind": kind, "name": name, "uid": uid}


def _with_removals(model: ApiModel) -> Json:
    """Return a merge patch that also removes unset fields."""
    unset = dict.fromkeys(model.model_dump(by_alias=True))
    return {**unset, **model.to_api()}
