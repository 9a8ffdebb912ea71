"""What a new MachineConfig means for the pools that select it, and whether it wins there; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from controller.api.json_object import Json
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.names import ROLE_LABEL
from controller.cli.kubectl_mc.authoring.adopt_draft import Before
from controller.cli.kubectl_mc.terminal.console import Line
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.planning.membership import membership
from controller.planning.snapshot import Snapshot
from controller.planning.summary import summarize_names
from controller.rendering.effect import effect
from controller.rendering.paths import UNIT_FOLDER
from controller.rendering.refusal import Refusal
from controller.rendering.render import Rendered, render
from controller.rendering.selection import sources


@dataclass(frozen=True)
class Home:
    """Where the new MachineConfig is to be: a node's pool, as the cluster stands."""

    node: str
    pool: MachineConfigPool
    snapshot: Snapshot
    boot_user: str

    def before(self) -> Before:
        """What the pool makes of its nodes now.

        Raises:
            CommandError: it cannot be rendered, so that nothing can be said.
        """
        found = _rendered(self.pool, self.snapshot, self.boot_user)
        if not isinstance(found, Rendered):
            raise _refused(self.pool.name, "cannot be rendered as it is", found)
        origins = {(each.item_type, each.name): each.origin for each in found.provenance}

        def owners(path: str) -> tuple[str, ...]:
            inside = path.removeprefix(f"{UNIT_FOLDER}/")
            dropin = inside.replace(".d/", "/", 1)
            keys = (("file", path), ("unit", inside), ("dropin", dropin))
            return next((each for each in map(origins.get, keys) if each), ())  # type: ignore[arg-type]

        return Before(found.config, effect(found.config, self.boot_user), owners)

    def labels(self) -> dict[str, str]:
        """Labels by which the pool selects it.

        Raises:
            CommandError: nothing simple is.
        """
        selector = self.pool.spec.machine_config_selector
        for each in ({ROLE_LABEL: self.pool.name}, dict(selector.match_labels)):
            if selector.matches(each):
                return each
        reason = f"pool {self.pool.name} selects MachineConfigs by more than their labels' values"
        raise CommandError(reason, "write one by hand, from what the node holds")

    def prove(self, manifest: Json) -> Iterator[Line]:
        """Prove that each pool takes it and that it wins in this one; say whom it concerns.

        Raises:
            CommandError: it would be refused, or another MachineConfig comes after it.
        """
        new = MachineConfig.model_validate(manifest)
        if any(each.name == new.name for each in self.snapshot.machine_configs):
            remedy = f"name another: --name {_free(new.name, self.snapshot)}"
            raise CommandError(f"there is a MachineConfig {new.name} already", remedy)
        then = replace(self.snapshot, machine_configs=(*self.snapshot.machine_configs, new))
        for pool in then.pools:
            if new in sources(pool, then.pools, then.machine_configs):
                found = _rendered(pool, then, self.boot_user)
                if not isinstance(found, Rendered):
                    if pool.name != self.pool.name and _is_refused(pool, self):
                        continue  # it was before
                    raise _refused(pool.name, f"would not be rendered with {new.name}", found)
                if pool.name == self.pool.name:
                    yield from _wins(new, found, self.boot_user, self.node)
                yield self._concerns(pool, new.name)

    def _concerns(self, pool: MachineConfigPool, name: str) -> Line:
        members = membership(self.snapshot.nodes, self.snapshot.pools).members[pool.name]
        nodes = [each.name for each in members]
        whom = f"pool {pool.name}, which has no nodes"
        if nodes:
            count = "the one node" if len(nodes) == 1 else f"all {len(nodes)} nodes"
            whom = f"{count} of pool {pool.name} ({summarize_names(nodes)})"
        return [("note", "bold"), f": {name} concerns {whom}"]


def home(node: str, snapshot: Snapshot, boot_user: str) -> Home:
    """The pool of a node.

    Raises:
        CommandError: it is in none.
    """
    divided = membership(snapshot.nodes, snapshot.pools).members
    name = next((pool for pool, nodes in divided.items() if node in {n.name for n in nodes}), None)
    if name is None:
        raise CommandError(f"{node} is in no pool", "give it the labels that a pool selects")
    pool = next(each for each in snapshot.pools if each.name == name)
    return Home(node, pool, snapshot, boot_user)


def _rendered(
    pool: MachineConfigPool, snapshot: Snapshot, boot_user: str
) -> Rendered | tuple[Refusal, ...]:
    selected = sources(pool, snapshot.pools, snapshot.machine_configs)
    return render(pool.name, selected, boot_user)


def _is_refused(pool: MachineConfigPool, home: Home) -> bool:
    return not isinstance(_rendered(pool, home.snapshot, home.boot_user), Rendered)


def _refused(pool: str, how: str, refusals: tuple[Refusal, ...]) -> CommandError:
    details: tuple[Line, ...] = tuple([("error: ", "bold red"), str(each)] for each in refusals)
    return CommandError(f"pool {pool} {how}", "mend what is named above", details)


def _wins(new: MachineConfig, made: Rendered, boot_user: str, node: str) -> Iterator[Line]:
    """For each part what it overrides; whoever comes after it may not say something else."""
    own, all_of_it = effect(new.spec.config or {}, boot_user), effect(made.config, boot_user)
    for each in made.provenance:
        if new.name not in {*each.origin, *each.overrode}:
            continue
        speaking = {*each.origin, *each.overrode}
        last = next(name for name in reversed(made.sources) if name in speaking)
        if last != new.name and not _stands(each.item_type, each.name, own, all_of_it):
            reason = f"{each.name}: {last} comes after {new.name} and says something else"
            remedy = f"give it a name that comes later: --name {last}-adopted"
            raise CommandError(reason, remedy)
        if not _stands(each.item_type, each.name, own, all_of_it):
            reason = f"{each.name}: merged with the pool's others it is not as it is on {node}"
            raise CommandError(reason, f"change {', '.join(each.origin)} by hand")
        before = [name for name in made.sources if name in speaking - {new.name}]
        over = f", over {', '.join(before)}" if before else ""
        yield [("note", "bold"), f": {each.name} as it is on {node}{over}"]


def _stands(kind: str, name: str, own: Mapping[str, Any], merged: Mapping[str, Any]) -> bool:
    """Whether the merged config says of this part all that the new one does."""
    if kind == "file":
        return _by(own, "files", "path").get(name) == _by(merged, "files", "path").get(name)
    unit, _, dropin = name.partition("/")
    mine, theirs = (_by(each, "units", "name").get(unit) or {} for each in (own, merged))
    if dropin:
        wanted = _by(mine, "dropins", "name").get(dropin)
        return wanted == _by(theirs, "dropins", "name").get(dropin)
    return all(mine.get(key) in {None, theirs.get(key)} for key in ("enabled", "mask", "contents"))


def _by(of: Mapping[str, Any], members: str, key: str) -> dict[str, Mapping[str, Any]]:
    return {each[key]: each for each in of.get(members, ())}


def _free(name: str, snapshot: Snapshot) -> str:
    taken = {each.name for each in snapshot.machine_configs}
    numbers = range(2, len(taken) + 3)
    return next(each for each in (f"{name}-{number}" for number in numbers) if each not in taken)
