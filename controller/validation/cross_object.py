"""What only shows when the objects are seen together."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from controller.api.defaults import with_default_pools
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.names import ROLE_LABEL, WORKER
from controller.manifests.problem import Finding, Problem, error, warning
from controller.rendering.refusal import Refusal
from controller.rendering.render import Rendered, render
from controller.rendering.selection import sources
from controller.suggestions import did_you_mean
from controller.validation.reviewed_object import ReviewedObject

# Every pool is rendered, and may select every MachineConfig.
_MOST_SELECTIONS: Final = 20_000


def too_many(objects: Sequence[ReviewedObject]) -> Iterator[Problem]:
    """More pools and MachineConfigs than can be seen together in a reasonable time."""
    pools = len(_pools(objects))
    configs = sum(isinstance(each.model, MachineConfig) for each in objects)
    if pools * configs > _MOST_SELECTIONS:
        reason = f"{pools} pools with {configs} MachineConfigs are too many to be seen together"
        yield objects[-1].problem(error("", reason, "validate fewer files at once"))


def duplicates(objects: Sequence[ReviewedObject]) -> Iterator[Problem]:
    """Objects of which the API server would keep the last and forget the others."""
    first: dict[str, ReviewedObject] = {}
    for each in objects:
        if each.name and (other := first.setdefault(each.title, each)) is not each:
            reason = f"{each.title} is written twice, first in {other.place}"
            yield each.problem(error("metadata.name", reason, "keep one, or rename one"))


def unselected(objects: Sequence[ReviewedObject]) -> Iterator[Problem]:
    """MachineConfigs that no pool will take up, as far as these files tell."""
    pools = _pools(objects)
    for each in objects:
        if not isinstance(each.model, MachineConfig) or each.model.rendered:
            continue
        labels = each.model.metadata.labels
        if not any(pool.spec.machine_config_selector.matches(labels) for pool in pools):
            yield each.problem(_unselected(labels.get(ROLE_LABEL), [pool.name for pool in pools]))


def _unselected(role: str | None, pools: Sequence[str]) -> Finding:
    if role is None:
        reason = "it has no role: no default pool selects it, and so it reaches no node"
        return warning("metadata.labels", reason, f"add the label `{ROLE_LABEL}: {WORKER}`")
    reason = f"no pool here selects the role {role or '(empty)'}; there are {', '.join(pools)}"
    remedy = did_you_mean(role, pools, "give the MachineConfigPool that selects it too")
    return warning(f"metadata.labels.{ROLE_LABEL}", reason, remedy)


def merge_conflicts(objects: Sequence[ReviewedObject], boot_user: str) -> Iterator[Problem]:
    """MachineConfigs that are well each by itself, and cannot be merged for a pool."""
    configs = {each.name: each for each in objects if isinstance(each.model, MachineConfig)}
    for refusal in dict.fromkeys(_refusals(objects, boot_user)):
        blamed = [configs[name] for name in refusal.machine_config.split(" + ") if name in configs]
        if not blamed:
            yield _of_a_pool(refusal, objects)
            continue
        if _is_known(refusal, blamed[-1]):
            continue
        *others, last = blamed
        beside = f"; together with {_listed(others)}" if others else ""
        yield last.problem(error("spec.config", f"{refusal.reason}{beside}", refusal.remedy))


def _of_a_pool(refusal: Refusal, objects: Sequence[ReviewedObject]) -> Problem:
    """What is wrong with a pool, at its own place if it has one in these files."""
    at = next((each for each in objects if f"pool {each.name}" == refusal.machine_config), None)
    found = error("", refusal.reason, refusal.remedy)
    return replace((at or objects[-1]).problem(found), object=refusal.machine_config)


def _refusals(objects: Sequence[ReviewedObject], boot_user: str) -> Iterator[Refusal]:
    configs = [each.model for each in objects if isinstance(each.model, MachineConfig)]
    pools = _pools(objects)
    # Pools that select the same are at odds in the same way.
    selections = {
        tuple(each.name for each in selected): (pool, selected)
        for pool in reversed(pools)
        if (selected := sources(pool, pools, configs))
    }
    for pool, selected in reversed(selections.values()):
        rendered = render(pool.name, selected, boot_user)
        yield from () if isinstance(rendered, Rendered) else rendered


def _is_known(refusal: Refusal, blamed: ReviewedObject) -> bool:
    """Whether it was already said of the object by itself."""
    said = {(each.path, each.reason) for each in blamed.findings}
    return (refusal.path, refusal.reason) in said


def _pools(objects: Sequence[ReviewedObject]) -> tuple[MachineConfigPool, ...]:
    """The pools in the files, and the default ones that a cluster has besides."""
    models = (each.model for each in objects)
    return with_default_pools(each for each in models if isinstance(each, MachineConfigPool))


def _listed(objects: Sequence[ReviewedObject]) -> str:
    return ", ".join(f"{each.name} ({each.place})" for each in objects)
