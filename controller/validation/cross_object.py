"""Problems that concern several objects together."""

from collections.abc import Iterator, Mapping, Sequence
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
from controller.validation.foreign_documents import OPENSHIFT
from controller.validation.reviewed_object import ReviewedObject

# Every pool is rendered, and may select every MachineConfig.
_MAX_SELECTIONS: Final = 20_000
_OPENSHIFT_ROLE: Final = f"{OPENSHIFT}/role"


def too_many(objects: Sequence[ReviewedObject]) -> Iterator[Problem]:
    """Yield a problem if there are too many pools and MachineConfigs to render them all."""
    pools = len(_pools(objects))
    configs = sum(isinstance(each.model, MachineConfig) for each in objects)
    if pools * configs > _MAX_SELECTIONS:
        reason = f"{pools} pools with {configs} MachineConfigs are too many to validate together"
        yield objects[-1].problem(error("", reason, "validate fewer files at once"))


def duplicates(objects: Sequence[ReviewedObject]) -> Iterator[Problem]:
    """Yield a problem for each object whose kind and name an earlier object already has."""
    first: dict[str, ReviewedObject] = {}
    for each in objects:
        if each.name and (other := first.setdefault(each.title, each)) is not each:
            reason = f"{each.title} is defined twice, first in {other.place}"
            yield each.problem(error("metadata.name", reason, "keep one, or rename one"))


def unselected(objects: Sequence[ReviewedObject]) -> Iterator[Problem]:
    """Yield MachineConfigs that no pool in these files selects."""
    pools = _pools(objects)
    for each in objects:
        if not isinstance(each.model, MachineConfig) or each.model.rendered:
            continue
        labels = each.model.metadata.labels
        if not any(pool.spec.machine_config_selector.matches(labels) for pool in pools):
            yield each.problem(_unselected(labels, [pool.name for pool in pools]))


def _unselected(labels: Mapping[str, str], pools: Sequence[str]) -> Finding:
    role = labels.get(ROLE_LABEL)
    if role is None and (foreign := labels.get(_OPENSHIFT_ROLE)):
        reason = "the label is of another API group, and no pool here selects it"
        remedy = f"write `{ROLE_LABEL}: {foreign}`"
        return warning(f"metadata.labels.{_OPENSHIFT_ROLE}", reason, remedy)
    if role is None:
        reason = "it has no role label: no pool here selects it, only another custom pool could"
        return warning("metadata.labels", reason, f"add the label `{ROLE_LABEL}: {WORKER}`")
    reason = f"no pool here selects the role {role or '(empty)'}; there are {', '.join(pools)}"
    remedy = did_you_mean(role, pools, "add the MachineConfigPool that selects it")
    return warning(f"metadata.labels.{ROLE_LABEL}", reason, remedy)


def merge_conflicts(objects: Sequence[ReviewedObject], boot_user: str) -> Iterator[Problem]:
    """Yield MachineConfigs that are valid alone, but cannot be merged for a pool."""
    configs = {each.name: each for each in objects if isinstance(each.model, MachineConfig)}
    for refusal in dict.fromkeys(_refusals(objects, boot_user)):
        involved = [
            configs[name] for name in refusal.machine_config.split(" + ") if name in configs
        ]
        if not involved:
            yield _of_a_pool(refusal, objects)
            continue
        if _is_known(refusal, involved[-1]):
            continue
        *others, last = involved
        together = f"; together with {_listed(others)}" if others else ""
        yield last.problem(error("spec.config", f"{refusal.reason}{together}", refusal.remedy))


def _of_a_pool(refusal: Refusal, objects: Sequence[ReviewedObject]) -> Problem:
    """Return a problem of a pool, at the pool's place if it is in these files."""
    at = next((each for each in objects if f"pool {each.name}" == refusal.machine_config), None)
    found = error("", refusal.reason, refusal.remedy)
    return replace((at or objects[-1]).problem(found), object=refusal.machine_config)


def _refusals(objects: Sequence[ReviewedObject], boot_user: str) -> Iterator[Refusal]:
    configs = [each.model for each in objects if isinstance(each.model, MachineConfig)]
    pools = _pools(objects)
    # Pools with the same MachineConfigs have the same refusals.
    selections = {
        tuple(each.name for each in selected): (pool, selected)
        for pool in reversed(pools)
        if (selected := sources(pool, pools, configs))
    }
    for pool, selected in reversed(selections.values()):
        rendered = render(pool.name, selected, boot_user)
        yield from () if isinstance(rendered, Rendered) else rendered


def _is_known(refusal: Refusal, involved: ReviewedObject) -> bool:
    """Whether the review of the single object has found it already."""
    known = {(each.path, each.reason) for each in involved.findings}
    return (refusal.path, refusal.reason) in known


def _pools(objects: Sequence[ReviewedObject]) -> tuple[MachineConfigPool, ...]:
    """Return the pools in the files, and the default pools of every cluster."""
    models = (each.model for each in objects)
    return with_default_pools(each for each in models if isinstance(each, MachineConfigPool))


def _listed(objects: Sequence[ReviewedObject]) -> str:
    return ", ".join(f"{each.name} ({each.place})" for each in objects)
