"""The two sides of a comparison: what is in force or was, and what would be; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

from controller.api.machine_configuration import MachineConfiguration
from controller.cli.kubectl_mc.arguments import pool_lookup
from controller.cli.kubectl_mc.cluster.live_objects import Live
from controller.cli.kubectl_mc.comparison.pool_diff import Config, PoolDiff, pool_diff
from controller.cli.kubectl_mc.comparison.pool_render import rendered
from controller.cli.kubectl_mc.files.reviewed_objects import Objects
from controller.cli.kubectl_mc.terminal.errors import UnseenError
from controller.planning.disruption import policies
from controller.rendering.effect import effect
from controller.rendering.node_manifest import ManifestError, manifest
from controller.rendering.selection import sources

Json = Mapping[str, Any]


class Side(Protocol):
    """What each pool has on one side."""

    @property
    def pools(self) -> frozenset[str]:
        """The pools that this side knows."""

    @property
    def configuration(self) -> MachineConfiguration | None:
        """The policy."""

    def config(self, pool: str) -> Config | None:
        """What the pool's nodes have; None where there is nothing for them."""


@dataclass(frozen=True)
class Made:
    """What objects make of the pools that they hold."""

    objects: Objects
    boot_user: str

    @property
    def pools(self) -> frozenset[str]:
        """The pools among the objects."""
        return frozenset(pool.name for pool in self.objects.pools)

    @property
    def configuration(self) -> MachineConfiguration | None:
        """The MachineConfiguration among the objects."""
        return self.objects.configuration

    def config(self, pool: str) -> Config | None:
        """The pool as it would be rendered; None where it selects nothing.

        Raises:
            CommandError: it cannot be rendered.
        """
        if pool not in self.pools:
            return None
        chosen = pool_lookup.find(pool, self.objects.pools)
        if not sources(chosen, self.objects.pools, self.objects.machine_configs):
            return None
        made = rendered(pool, self.objects, self.boot_user)
        return Config(made.name, {"config": made.name, **effect(made.config, self.boot_user)})


@dataclass(frozen=True)
class InForce:
    """What the pools of a cluster are on: the rendered MachineConfigs that they name."""

    names: Mapping[str, str]
    rendered: Mapping[str, Json]
    boot_user: str
    configuration: MachineConfiguration | None = None

    @classmethod
    def of(cls, live: Live, boot_user: str) -> Self:
        """The side of a cluster. Its policy is no old one: the new side holds it as it is now."""
        found = (each.content for each in live.written)
        specs = {
            str(each["metadata"]["name"]): each.get("spec", {})
            for each in found
            if each["kind"] == "MachineConfigPool"
        }
        named = {
            pool: str((spec.get("configuration") or {}).get("name") or "")
            for pool, spec in specs.items()
        }
        return cls(named, live.rendered, boot_user)

    @property
    def pools(self) -> frozenset[str]:
        """The pools of the cluster."""
        return frozenset(self.names)

    def config(self, pool: str) -> Config | None:
        """The rendered MachineConfig in force; None where the controller has named none yet.

        Raises:
            UnseenError: the pool names one that is not there, or that cannot be read.
        """
        name = self.names.get(pool)
        if not name:
            return None
        if name not in self.rendered:
            remedy = f"see what the controller says: kubectl describe mcp {pool}"
            raise UnseenError(f"{name}, which pool {pool} is on, is not there", remedy)
        try:
            return Config(name, manifest(self.rendered[name], self.boot_user))
        except ManifestError as error:
            remedy = "is the boot user another? --boot-user names it"
            raise UnseenError(f"{name} cannot be read: {error}", remedy) from error


def differences(before: Side, after: Side, chosen: str | None) -> tuple[PoolDiff, ...]:
    """The comparison of the chosen pool, or of every pool for which there is something.

    Raises:
        CommandError: there is no such pool, or it cannot be compared.
    """
    known = before.pools | after.pools
    if chosen and chosen not in known:
        raise pool_lookup.unknown(chosen, known)
    policy = policies(after.configuration or before.configuration)
    compared = [chosen] if chosen else sorted(known)
    both = ((pool, before.config(pool), after.config(pool)) for pool in compared)
    return tuple(pool_diff(pool, old, new, policy) for pool, old, new in both if old or new)
