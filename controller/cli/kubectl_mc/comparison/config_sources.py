"""The two sides of `kubectl mc diff`: where each pool's config comes from; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

from controller.api.machine_configuration import MachineConfiguration
from controller.cli.kubectl_mc.arguments.pool_lookup import find_pool, unknown_pool
from controller.cli.kubectl_mc.cluster.live_objects import LiveObjects
from controller.cli.kubectl_mc.comparison.pool_diff import Config, PoolDiff, pool_diff
from controller.cli.kubectl_mc.comparison.pool_render import render_pool
from controller.cli.kubectl_mc.files.reviewed_objects import ReviewedObjects
from controller.cli.kubectl_mc.terminal.errors import UnavailableError
from controller.planning.disruption import effective_policy
from controller.rendering.effect import effect
from controller.rendering.node_manifest import ManifestError, manifest
from controller.rendering.selection import sources

Json = Mapping[str, Any]


class ConfigSource(Protocol):
    """One side of a comparison."""

    @property
    def pools(self) -> frozenset[str]:
        """The names of the pools."""

    @property
    def configuration(self) -> MachineConfiguration | None:
        """The policy."""

    def config(self, pool: str) -> Config | None:
        """Return the pool's config; None if it has none."""


@dataclass(frozen=True)
class RenderedConfigs:
    """The configs that are rendered here from objects."""

    objects: ReviewedObjects
    boot_user: str

    @property
    def pools(self) -> frozenset[str]:
        """The names of the pools among the objects."""
        return frozenset(pool.name for pool in self.objects.pools)

    @property
    def configuration(self) -> MachineConfiguration | None:
        """The MachineConfiguration among the objects."""
        return self.objects.configuration

    def config(self, pool: str) -> Config | None:
        """Render the pool; None if it selects nothing.

        Raises:
            CommandError: it cannot be rendered.
        """
        if pool not in self.pools:
            return None
        found = find_pool(pool, self.objects.pools)
        if not sources(found, self.objects.pools, self.objects.machine_configs):
            return None
        rendered = render_pool(pool, self.objects, self.boot_user)
        content = {"config": rendered.name, **effect(rendered.config, self.boot_user)}
        return Config(rendered.name, content)


@dataclass(frozen=True)
class ClusterTargets:
    """The pools' targets: the rendered MachineConfigs that a cluster's pools name."""

    names: Mapping[str, str]
    rendered: Mapping[str, Json]
    boot_user: str
    configuration: MachineConfiguration | None = None

    @classmethod
    def of(cls, live: LiveObjects, boot_user: str) -> Self:
        """Return the targets, without the cluster's policy, which the other side has."""
        written = (document.content for document in live.written)
        specs = {
            str(content["metadata"]["name"]): content.get("spec", {})
            for content in written
            if content["kind"] == "MachineConfigPool"
        }
        named = {
            pool: str((spec.get("configuration") or {}).get("name") or "")
            for pool, spec in specs.items()
        }
        return cls(named, live.rendered, boot_user)

    @property
    def pools(self) -> frozenset[str]:
        """The names of the cluster's pools."""
        return frozenset(self.names)

    def config(self, pool: str) -> Config | None:
        """Return the pool's target; None if it has none yet.

        Raises:
            UnavailableError: the target does not exist, or cannot be read.
        """
        name = self.names.get(pool)
        if not name:
            return None
        if name not in self.rendered:
            remedy = f"see the pool's conditions: kubectl describe mcp {pool}"
            raise UnavailableError(f"{name}, the target of pool {pool}, does not exist", remedy)
        try:
            return Config(name, manifest(self.rendered[name], self.boot_user))
        except ManifestError as error:
            remedy = "does --boot-user match the controller's setting?"
            raise UnavailableError(f"{name} cannot be read: {error}", remedy) from error


def compare_pools(
    before: ConfigSource, after: ConfigSource, pool: str | None
) -> tuple[PoolDiff, ...]:
    """Compare one pool, or every pool that has a config on either side.

    Raises:
        CommandError: there is no such pool, or it cannot be compared.
    """
    known = before.pools | after.pools
    if pool is not None and pool not in known:
        raise unknown_pool(pool, known)
    policy = effective_policy(after.configuration or before.configuration)
    compared = [pool] if pool else sorted(known)
    both = ((name, before.config(name), after.config(name)) for name in compared)
    return tuple(pool_diff(name, old, new, policy) for name, old, new in both if old or new)
