"""Whether the API server has our kinds."""

from typing import Final

from controller.api import names
from controller.cluster.api_server import OURS, ApiServer, RequestErrors

_ALL: Final = {
    names.MACHINE_CONFIGS,
    names.MACHINE_CONFIG_POOLS,
    names.MACHINE_CONFIGURATIONS,
    names.MACHINE_CONFIG_NODES,
}


def kinds_are_served(server: ApiServer) -> bool:
    """Whether all of them are there; not if nobody answers, or with anything but their list."""
    try:
        return {each["name"] for each in server.get(OURS)["resources"]} >= _ALL
    except (*RequestErrors, KeyError, TypeError):
        return False
