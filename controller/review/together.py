"""What only shows when the objects are seen together."""

from collections.abc import Iterator, Sequence

from controller.api.defaults import POOLS
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.names import ROLE_LABEL, WORKER
from controller.manifests.problem import Problem, error, warning
from controller.rendering.refusal import Refusal
from controller.rendering.render import Rendered, render
from controller.rendering.selection import sources
from controller.review.reviewed import Reviewed


def written_twice(objects: Sequence[Reviewed]) -> Iterator[Problem]:
    """Objects of which the API server would keep the last and forget the others."""
    first: dict[str, Reviewed] = {}
    for each in objects:
        if each.name and (other := first.setdefault(each.title, each)) is not each:
            reason = f"{each.title} is written twice, first in {other.place}"
            yield each.problem(error("metadata.name", reason, "keep one, or rename one"))


def selected_by_none(objects: Sequence[Reviewed]) -> Iterator[Problem]:
    """MachineConfigs that no pool will take up, as far as these files tell."""
    pools = [each.model for each in objects if isinstance(each.model, MachineConfigPool)]
    for each in objects:
        if not isinstance(each.model, MachineConfig) or each.model.rendered:
            continue
        labels = each.model.metadata.labels
        if ROLE_LABEL in labels or any(_selects(pool, labels) for pool in pools):
            continue
        reason = "it has no role: no default pool selects it, and so it reaches no node"
        remedy = f"add the label `{ROLE_LABEL}: {WORKER}`"
        yield each.problem(warning("metadata.labels", reason, remedy))


def _selects(pool: MachineConfigPool, labels: dict[str, str]) -> bool:
    return pool.spec.machine_config_selector.matches(labels)


def at_odds(objects: Sequence[Reviewed], boot_user: str) -> Iterator[Problem]:
    """MachineConfigs that are well each by itself, and cannot be merged for a pool."""
    configs = {each.name: each for each in objects if isinstance(each.model, MachineConfig)}
    for refusal in dict.fromkeys(_refusals(objects, boot_user)):
        blamed = [configs[name] for name in refusal.machine_config.split(" + ") if name in configs]
        if not blamed or _is_known(refusal, blamed[-1]):
            continue
        *others, last = blamed
        beside = f"; together with {_listed(others)}" if others else ""
        yield last.problem(error("spec.config", f"{refusal.reason}{beside}", refusal.remedy))


def _refusals(objects: Sequence[Reviewed], boot_user: str) -> Iterator[Refusal]:
    configs = [each.model for each in objects if isinstance(each.model, MachineConfig)]
    pools = _pools(objects)
    for pool in pools:
        selected = sources(pool, pools, configs)
        rendered = render(pool.name, selected, boot_user) if selected else ()
        yield from () if isinstance(rendered, Rendered) else rendered


def _is_known(refusal: Refusal, blamed: Reviewed) -> bool:
    """Whether it was already said of the object by itself."""
    said = {(each.path, each.reason) for each in blamed.findings}
    return (refusal.path, refusal.reason) in said


def _pools(objects: Sequence[Reviewed]) -> list[MachineConfigPool]:
    """The pools in the files, and the default ones that a cluster has besides."""
    given = [each.model for each in objects if isinstance(each.model, MachineConfigPool)]
    names = {each.name for each in given}
    return given + [each for each in POOLS if each.name not in names]


def _listed(objects: Sequence[Reviewed]) -> str:
    return ", ".join(f"{each.name} ({each.place})" for each in objects)
