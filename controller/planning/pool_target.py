"""The target of a pool: its rendered MachineConfigs, or the reasons why they are refused."""

from collections.abc import Callable, Iterator, Sequence

from controller.api import names
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_pool import MachineConfigPool
from controller.planning.snapshot import Snapshot
from controller.rendering.refusal import Refusal
from controller.rendering.render import Rendered
from controller.rendering.selection import selects, sources

# Takes a pool's name, its MachineConfigs in their order, and the boot user.
Renderer = Callable[[str, Sequence[MachineConfig], str], Rendered | tuple[Refusal, ...]]

_NO_WORKER_POOL = (
    f"pool {names.WORKER} does not exist, and this pool inherits its MachineConfigs"
    " (create it; the controller does so when it starts)"
)


def render_pool(
    pool: MachineConfigPool, snapshot: Snapshot, boot_user: str, renderer: Renderer
) -> Rendered | tuple[str, ...]:
    """Return the pool's rendered config, or the problems that prevent it."""
    if problems := tuple(_unreadable(pool, snapshot)):
        return problems
    needed = names.MASTER if pool.name == names.MASTER else names.WORKER
    if snapshot.pool(needed) is None:
        return (_NO_WORKER_POOL,)
    found = renderer(pool.name, sources(pool, snapshot.pools, snapshot.machine_configs), boot_user)
    return found if isinstance(found, Rendered) else tuple(map(str, found))


def _unreadable(pool: MachineConfigPool, snapshot: Snapshot) -> Iterator[str]:
    """Name the objects that the pool is rendered from and that cannot be read."""
    inherits = pool.name not in {names.MASTER, names.WORKER}
    for unreadable in snapshot.unreadable:
        if unreadable.kind == "MachineConfig" and selects(pool, snapshot.pools, unreadable.labels):
            yield str(unreadable)
        if unreadable.kind == "MachineConfigPool" and inherits and unreadable.name == names.WORKER:
            yield f"{unreadable} (this pool inherits its MachineConfigs)"
