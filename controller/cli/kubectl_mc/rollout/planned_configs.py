"""The rendered configs of a plan, to compare them; pure."""

from controller.cli.kubectl_mc.comparison.pool_diff import Config
from controller.planning.pool_plan import PoolPlan
from controller.planning.snapshot import Snapshot
from controller.rendering.effect import effect
from controller.rendering.node_manifest import ManifestError, manifest


def config_named(name: str, snapshot: Snapshot, boot_user: str) -> Config | None:
    """Return the rendered config of this name; None if it does not exist, or cannot be read."""
    config = snapshot.machine_config(name)
    try:
        return Config(name, manifest(config.to_api(), boot_user)) if config else None
    except ManifestError:
        return None


def target_config(pool: PoolPlan, snapshot: Snapshot, boot_user: str) -> Config | None:
    """Return the pool's target: as rendered now, or the last one if the pool is refused."""
    if pool.rendered:
        return Config(pool.target, effect(pool.rendered.config, boot_user))
    return config_named(pool.target, snapshot, boot_user)
