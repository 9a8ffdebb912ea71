"""What the controller makes on start where it is missing; what is there is never overwritten."""

from typing import Any, Final

from kubernetes.client.exceptions import ApiException

from controller.api import names
from controller.cluster.api_server import CONFLICT, OURS, ApiServer
from controller.planning.disruption import SHIPPED

Json = dict[str, Any]


def _absent(label: str) -> Json:
    return {"key": label, "operator": "DoesNotExist"}


def _pool(name: str, node_selector: Json) -> Json:
    selector = {"matchLabels": {names.ROLE_LABEL: name}}
    return {"spec": {"machineConfigSelector": selector, "nodeSelector": node_selector}}


def _base(role: str) -> Json:
    return {
        "metadata": {"labels": {names.ROLE_LABEL: role}},
        "spec": {"config": {"ignition": {"version": "3.4.0"}}},
    }


DEFAULTS: Final[tuple[tuple[str, str, str, Json], ...]] = (
    (
        names.MACHINE_CONFIG_POOLS,
        "MachineConfigPool",
        names.MASTER,
        _pool(
            names.MASTER,
            {"matchExpressions": [{"key": names.CONTROL_PLANE_NODE_LABEL, "operator": "Exists"}]},
        ),
    ),
    (
        names.MACHINE_CONFIG_POOLS,
        "MachineConfigPool",
        names.WORKER,
        _pool(
            names.WORKER,
            {
                "matchExpressions": [
                    _absent(names.CONTROL_PLANE_NODE_LABEL),
                    _absent(names.MASTER_NODE_LABEL),
                ]
            },
        ),
    ),
    (names.MACHINE_CONFIGS, "MachineConfig", "00-master", _base(names.MASTER)),
    (names.MACHINE_CONFIGS, "MachineConfig", "00-worker", _base(names.WORKER)),
    (
        names.MACHINE_CONFIGURATIONS,
        "MachineConfiguration",
        names.CLUSTER,
        {"spec": SHIPPED.to_api()},
    ),
)


def make_missing(server: ApiServer) -> list[str]:
    """Make what is missing, and return the names of what was made."""
    return [
        f"{kind} {name}"
        for plural, kind, name, body in DEFAULTS
        if _make(server, plural, kind, name, body)
    ]


def _make(server: ApiServer, plural: str, kind: str, name: str, body: Json) -> bool:
    metadata = {**body.get("metadata", {}), "name": name}
    document = {**body, "apiVersion": names.API_VERSION, "kind": kind, "metadata": metadata}
    try:
        server.create(f"{OURS}/{plural}", document)
    except ApiException as error:
        if error.status == CONFLICT:
            return False
        raise
    return True
