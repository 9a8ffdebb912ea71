"""The plan for one pool: its target, its members, and a decision for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from controller.api import names, node_labels
from controller.api.machine_config_pool import MachineConfigPool, PoolConfiguration
from controller.api.meta import ObjectReference
from controller.planning.control_plane.consequences import consequences
from controller.planning.node import Node
from controller.planning.rollout.decide import decide
from controller.planning.rollout.decision import Decision, Step
from controller.planning.rollout.view import Context
from controller.rendering.render import Rendered

_ONLY_NODE: Final = (
    "one node is the whole cluster: its pods stay on it while an update reboots it, since no other"
    " node could take them (drain.strandedPods)"
)


@dataclass(frozen=True)
class PoolPlan:
    """The plan for one pool.

    `rendered` is what its MachineConfigs render to; None where they are refused, and `target` then
    stays what it was.
    """

    pool: MachineConfigPool
    rendered: Rendered | None
    problems: tuple[str, ...]
    target: str
    members: tuple[Node, ...]
    decisions: tuple[Decision, ...]
    # Whether a member is the only node of the cluster, so that a drain leaves its pods there.
    keeps_pods: bool = False

    @property
    def name(self) -> str:
        """The pool's name."""
        return self.pool.name

    @property
    def waits(self) -> dict[str, str]:
        """The members for which nothing is done now, and why."""
        return {each.node: each.reason for each in self.decisions if each.step is Step.NONE}

    @property
    def configuration(self) -> PoolConfiguration | None:
        """The pool's target with its sources; unchanged where its MachineConfigs are refused."""
        return _configuration(self.rendered) if self.rendered else self.pool.spec.configuration

    @property
    def consequences(self) -> tuple[str, ...]:
        """What the rollout means for the cluster; empty where no node is about to be updated."""
        if all(node.settled_on(self.target) for node in self.members):
            return ()
        of_drain = (_ONLY_NODE,) if self.keeps_pods else ()
        return (*consequences(self.pool, self.members), *of_drain)

    @property
    def waits_for_user(self) -> tuple[str, ...]:
        """The reasons why nodes wait until a user has acted, each once."""
        reasons = (decision.reason for decision in self.decisions if decision.needs_user)
        return tuple(dict.fromkeys(reasons))

    @property
    def warnings(self) -> tuple[str, ...]:
        """Advice for the authors of the pool and its MachineConfigs; it stops nothing."""
        warnings = list(map(str, self.rendered.warnings)) if self.rendered else []
        labels = node_labels.self_assignable_labels(self.pool.spec.node_selector)
        if labels:
            warnings.append(f"{node_labels.explain(labels)} ({node_labels.REMEDY})")
        return tuple(warnings)


def plan_pool(
    pool: MachineConfigPool,
    members: tuple[Node, ...],
    render: Rendered | tuple[str, ...],
    problems: Sequence[str],
    context: Context,
) -> PoolPlan:
    """Plan one pool; `render` is its rendered config, or why there is none."""
    rendered, refusals = (render, ()) if isinstance(render, Rendered) else (None, render)
    before = pool.spec.configuration.name if pool.spec.configuration else None
    target = rendered.name if rendered else before or ""
    decisions = decide(pool, members, target, context)
    return PoolPlan(pool, rendered, (*refusals, *problems), target, members, decisions)


def _configuration(rendered: Rendered) -> PoolConfiguration:
    def reference(name: str) -> ObjectReference:
        return ObjectReference(api_version=names.API_VERSION, kind="MachineConfig", name=name)

    return PoolConfiguration(
        api_version=names.API_VERSION,
        kind="MachineConfig",
        name=rendered.name,
        source=tuple(map(reference, rendered.sources)),
    )
