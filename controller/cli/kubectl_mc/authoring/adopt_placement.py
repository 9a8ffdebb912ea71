"""The pool that an adopted MachineConfig is written for, and whether it wins there; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from controller.api.json_object import Json
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.names import ROLE_LABEL
from controller.cli.kubectl_mc.authoring.adopt_draft import PoolConfig
from controller.cli.kubectl_mc.terminal.console import Line
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.planning.membership import membership
from controller.planning.snapshot import Snapshot
from controller.planning.texts import summarize_names
from controller.rendering.effect import effect
from controller.rendering.paths import UNIT_FOLDER
from controller.rendering.refusal import Refusal
from controller.rendering.render import Rendered, render
from controller.rendering.selection import sources


@dataclass(frozen=True)
class Placement:
    """A node and its pool in a cluster."""

    node: str
    pool: MachineConfigPool
    snapshot: Snapshot
    boot_user: str

    def pool_config(self) -> PoolConfig:
        """Render the pool as it is.

        Raises:
            CommandError: it cannot be rendered.
        """
        rendered = _rendered(self.pool, self.snapshot, self.boot_user)
        if not isinstance(rendered, Rendered):
            raise _refused(self.pool.name, "cannot be rendered as it is", rendered)
        origins = {(part.item_type, part.name): part.origin for part in rendered.provenance}

        def owners(path: str) -> tuple[str, ...]:
            inside = path.removeprefix(f"{UNIT_FOLDER}/")
            dropin = inside.replace(".d/", "/", 1)
            keys = (("file", path), ("unit", inside), ("dropin", dropin))
            return next((each for each in map(origins.get, keys) if each), ())  # type: ignore[arg-type]

        return PoolConfig(rendered.config, effect(rendered.config, self.boot_user), owners)

    def labels(self) -> dict[str, str]:
        """Return labels by which the pool selects a MachineConfig.

        Raises:
            CommandError: the pool's selector needs more than one label.
        """
        selector = self.pool.spec.machine_config_selector
        for labels in ({ROLE_LABEL: self.pool.name}, dict(selector.match_labels)):
            if selector.matches(labels):
                return labels
        reason = f"pool {self.pool.name} selects no MachineConfig by matchLabels alone"
        raise CommandError(reason, "write the MachineConfig by hand")

    def verify(self, manifest: Json) -> Iterator[Line]:
        """Verify that every pool accepts the draft and that it wins in this one; yield notes.

        Raises:
            CommandError: a pool would refuse it, or another MachineConfig overrides it.
        """
        new = MachineConfig.model_validate(manifest)
        if any(config.name == new.name for config in self.snapshot.machine_configs):
            remedy = f"choose another name: --name {_free(new.name, self.snapshot)}"
            raise CommandError(f"MachineConfig {new.name} already exists", remedy)
        then = replace(self.snapshot, machine_configs=(*self.snapshot.machine_configs, new))
        for pool in then.pools:
            if new in sources(pool, then.pools, then.machine_configs):
                rendered = _rendered(pool, then, self.boot_user)
                if not isinstance(rendered, Rendered):
                    if pool.name != self.pool.name and self._is_refused_already(pool):
                        continue
                    raise _refused(pool.name, f"would not be rendered with {new.name}", rendered)
                if pool.name == self.pool.name:
                    yield from _overrides(new, rendered, self.boot_user, self.node)
                yield self._scope(pool, new.name)

    def _is_refused_already(self, pool: MachineConfigPool) -> bool:
        return not isinstance(_rendered(pool, self.snapshot, self.boot_user), Rendered)

    def _scope(self, pool: MachineConfigPool, name: str) -> Line:
        members = membership(self.snapshot.nodes, self.snapshot.pools).members[pool.name]
        nodes = [node.name for node in members]
        scope = f"pool {pool.name}, which has no nodes"
        if nodes:
            count = "the one node" if len(nodes) == 1 else f"all {len(nodes)} nodes"
            scope = f"{count} of pool {pool.name} ({summarize_names(nodes)})"
        return [("note", "bold"), f": {name} applies to {scope}"]


def placement_of(node: str, snapshot: Snapshot, boot_user: str) -> Placement:
    """Return the placement for a node.

    Raises:
        CommandError: the node is in no pool.
    """
    divided = membership(snapshot.nodes, snapshot.pools).members
    name = next((pool for pool, nodes in divided.items() if node in {n.name for n in nodes}), None)
    if name is None:
        raise CommandError(f"{node} is in no pool", "give it labels that a pool selects")
    pool = next(pool for pool in snapshot.pools if pool.name == name)
    return Placement(node, pool, snapshot, boot_user)


def _rendered(
    pool: MachineConfigPool, snapshot: Snapshot, boot_user: str
) -> Rendered | tuple[Refusal, ...]:
    selected = sources(pool, snapshot.pools, snapshot.machine_configs)
    return render(pool.name, selected, boot_user)


def _refused(pool: str, problem: str, refusals: tuple[Refusal, ...]) -> CommandError:
    details: tuple[Line, ...] = tuple(
        [("error: ", "bold red"), str(refusal)] for refusal in refusals
    )
    return CommandError(f"pool {pool} {problem}", "fix the errors above", details)


def _overrides(new: MachineConfig, rendered: Rendered, boot_user: str, node: str) -> Iterator[Line]:
    """Yield for each part what it overrides.

    Raises:
        CommandError: a later MachineConfig overrides a part, or merging changes it.
    """
    own = effect(new.spec.config or {}, boot_user)
    merged = effect(rendered.config, boot_user)
    for part in rendered.provenance:
        sources_of_part = {*part.origin, *part.overrode}
        if new.name not in sources_of_part:
            continue
        last = next(name for name in reversed(rendered.sources) if name in sources_of_part)
        if last != new.name and not _is_kept(part.item_type, part.name, own, merged):
            reason = f"{part.name}: {last} comes after {new.name} and overrides it"
            remedy = f"choose a name that comes later: --name {last}-adopted"
            raise CommandError(reason, remedy)
        if not _is_kept(part.item_type, part.name, own, merged):
            reason = f"{part.name}: merged with the pool's others it differs from {node}"
            raise CommandError(reason, f"change {', '.join(part.origin)} by hand")
        before = [name for name in rendered.sources if name in sources_of_part - {new.name}]
        over = f", overriding {', '.join(before)}" if before else ""
        yield [("note", "bold"), f": {part.name} as it is on {node}{over}"]


def _is_kept(kind: str, name: str, own: Mapping[str, Any], merged: Mapping[str, Any]) -> bool:
    """Return whether the merged config has this part as the new MachineConfig has it."""
    if kind == "file":
        return _by(own, "files", "path").get(name) == _by(merged, "files", "path").get(name)
    unit, _, dropin = name.partition("/")
    mine, theirs = (_by(each, "units", "name").get(unit) or {} for each in (own, merged))
    if dropin:
        kept = _by(theirs, "dropins", "name").get(dropin)
        return _by(mine, "dropins", "name").get(dropin) == kept
    return all(mine.get(key) in {None, theirs.get(key)} for key in ("enabled", "mask", "contents"))


def _by(manifest: Mapping[str, Any], section: str, key: str) -> dict[str, Mapping[str, Any]]:
    return {entry[key]: entry for entry in manifest.get(section, ())}


def _free(name: str, snapshot: Snapshot) -> str:
    taken = {config.name for config in snapshot.machine_configs}
    numbers = range(2, len(taken) + 3)
    return next(each for each in (f"{name}-{number}" for number in numbers) if each not in taken)
