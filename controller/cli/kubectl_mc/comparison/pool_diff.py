"""What changes on the nodes of a pool, and what that disturbs; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from controller.api.machine_configuration import ClusterPolicies
from controller.planning.disruption import Difference, Disruption, disruption
from controller.planning.running_units import effects_on_running_units
from controller.rendering.changes import Change, changes


@dataclass(frozen=True)
class Config:
    """A rendered config: its name, and the manifest of what it puts onto a node."""

    name: str | None
    manifest: Mapping[str, Any]


NO_CONFIG: Final = Config(None, {})


@dataclass(frozen=True)
class PoolDiff:
    """The changes in one pool; the name of a missing config is None."""

    pool: str
    before: str | None
    after: str | None
    changes: tuple[Change, ...]
    disruption: Disruption


def pool_diff(
    pool: str, before: Config | None, after: Config | None, policy: ClusterPolicies
) -> PoolDiff:
    """Compare two configs of a pool; `policy` decides what the changes disturb."""
    old, new = before or NO_CONFIG, after or NO_CONFIG
    changed = changes(old.manifest, new.manifest)
    user = new.manifest.get("user") or old.manifest.get("user", "")
    found = disruption((_difference(change, user) for change in changed), policy)
    units = tuple(effects_on_running_units(changed, new.manifest, found.actions))
    return PoolDiff(pool, old.name, new.name, changed, replace(found, running=units))


def _difference(change: Change, user: str) -> Difference:
    """Return the difference as the policy has it: any number of SSH keys is one."""
    return Difference(
        change.item_type, f"SSH keys of {user}" if change.item_type == "sshkey" else change.name
    )
