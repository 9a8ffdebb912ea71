"""The pool that a person names, among those that are known; pure."""

from collections.abc import Iterable

from controller.api.machine_config_pool import MachineConfigPool
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.suggestions import did_you_mean


def find(name: str, pools: Iterable[MachineConfigPool]) -> MachineConfigPool:
    """The pool of this name.

    Raises:
        CommandError: there is none; it says which there are.
    """
    known = {pool.name: pool for pool in pools}
    if name not in known:
        raise unknown(name, known)
    return known[name]


def unknown(name: str, known: Iterable[str]) -> CommandError:
    """That there is no pool of this name, and which there are."""
    there = sorted(known)
    reason = f"no pool {name}; there are {', '.join(there) or 'none'}"
    remedy = did_you_mean(name, there, "name one, or give its MachineConfigPool")
    return CommandError(reason, remedy)
