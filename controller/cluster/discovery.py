"""Whether the API server serves the kinds of this API group."""

from typing import Final

from controller.api import names
from controller.cluster.api_server import API_PATH, ApiServer, RequestErrors

_ALL: Final = {
    names.MACHINE_CONFIGS,
    names.MACHINE_CONFIG_POOLS,
    names.MACHINE_CONFIGURATIONS,
    names.MACHINE_CONFIG_NODES,
}


def kinds_are_served(server: ApiServer) -> bool:
    """Whether all kinds are installed; False too if the server gives no usable answer."""
    try:
        return {each["name"] for each in server.get(API_PATH)["resources"]} >= _ALL
    except (*RequestErrors, KeyError, TypeError):
        return False
