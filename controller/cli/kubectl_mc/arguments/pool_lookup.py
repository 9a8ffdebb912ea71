"""Looking up a pool by name, with an error that names the pools that exist; pure."""

from collections.abc import Iterable
from typing import Final

from controller.api.machine_config_pool import MachineConfigPool
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.suggestions import did_you_mean

_EMPTY: Final = '""'


def find_pool(name: str, pools: Iterable[MachineConfigPool]) -> MachineConfigPool:
    """Return the pool of this name.

    Raises:
        CommandError: there is none.
    """
    known = {pool.name: pool for pool in pools}
    if name not in known:
        raise unknown_pool(name, known)
    return known[name]


def unknown_pool(name: str, known: Iterable[str]) -> CommandError:
    """Return the error for a pool that does not exist."""
    pools = sorted(known)
    reason = f"no pool {name or _EMPTY}; there are {', '.join(pools) or 'none'}"
    remedy = did_you_mean(name, pools, "name one of them, or add its MachineConfigPool")
    return CommandError(reason, remedy)
