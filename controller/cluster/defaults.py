"""The objects that the controller creates on start; existing ones are never overwritten."""

from typing import Final

from kubernetes.client.exceptions import ApiException

from controller.api import names
from controller.api.defaults import MACHINE_CONFIGS, POOLS
from controller.api.machine_configuration import MachineConfiguration
from controller.api.meta import ApiObject, ObjectMeta
from controller.cluster.api_server import API_PATH, CONFLICT, ApiServer
from controller.planning.disruption import DEFAULT_POLICY

DEFAULTS: Final[tuple[tuple[str, ApiObject], ...]] = (
    *((names.MACHINE_CONFIG_POOLS, each) for each in POOLS),
    *((names.MACHINE_CONFIGS, each) for each in MACHINE_CONFIGS),
    (
        names.MACHINE_CONFIGURATIONS,
        MachineConfiguration(metadata=ObjectMeta(name=names.CLUSTER), spec=DEFAULT_POLICY),
    ),
)


def create_missing(server: ApiServer) -> list[str]:
    """Create the default objects that are missing, and return their kinds and names."""
    return [
        f"{type(each).__name__} {each.name}"
        for plural, each in DEFAULTS
        if _create(server, plural, each)
    ]


def _create(server: ApiServer, plural: str, default: ApiObject) -> bool:
    # The API server sets the defaults of unset fields.
    fields = default.model_dump(mode="json", by_alias=True, exclude_unset=True)
    document = {**fields, "apiVersion": names.API_VERSION, "kind": type(default).__name__}
    try:
        server.create(f"{API_PATH}/{plural}", document)
    except ApiException as error:
        if error.status == CONFLICT:
            return False
        raise
    return True
