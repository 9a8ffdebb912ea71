"""What a drain does with a pod: the rules of `kubectl drain`, and those of the pool's settings."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.api.drain import Drain, DrainSettings
from controller.api.machine_config_node import BlockReason
from controller.planning.drain.other_node import OtherNode
from controller.planning.drain.pod import Pod
from controller.planning.drain.pod_decisions import (
    DrainContext,
    PodDecision,
    PodStep,
    decide_pods,
    next_pods,
)
from tests.unit.planning.build import NOW

CONTROLLER = {
    "namespace": "machine-config",
    "labels": {"app.kubernetes.io/name": "machine-config-controller"},
    "service_account": "machine-config-controller",
}
OF_A_DAEMON_SET = ("DaemonSet", "agent")
AROUND = DrainContext(
    namespaces={"shop": {"team": "web"}}, daemon_sets=frozenset({("shop", "agent")})
)
BLOCK: dict[str, Any] = {"emptyDirData": "Block", "unmanagedPods": "Block"}


def pod(name: str = "web", **fields: Any) -> Pod:  # noqa: ANN401 - any field of a Pod
    ordinary = {
        "namespace": "shop",
        "uid": name,
        "labels": {"app": name},
        "controller": ("ReplicaSet", "web"),
    }
    return Pod(name=name, **{**ordinary, **fields})


def decided(*pods: Pod, **settings: Any) -> tuple[PodDecision, ...]:  # noqa: ANN401 - any setting
    return decide_pods(pods, AROUND, DrainSettings.model_validate(settings), NOW)


def rule(app: str, behavior: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any member
    return {"podSelector": {"matchLabels": {"app": app}}, "behavior": behavior, **more}


@pytest.mark.parametrize(
    ("what", "step"),
    [
        pytest.param({}, PodStep.EVICT, id="an ordinary pod"),
        pytest.param({"controller": None}, PodStep.EVICT, id="a pod without a controller"),
        pytest.param({"empty_dirs": ("cache",)}, PodStep.EVICT, id="a pod with data"),
        pytest.param({"mirror": True}, PodStep.LEAVE, id="a static pod"),
        pytest.param({"controller": OF_A_DAEMON_SET}, PodStep.LEAVE, id="a pod of a DaemonSet"),
        pytest.param(
            {"controller": ("DaemonSet", "gone")},
            PodStep.EVICT,
            id="a pod of a deleted DaemonSet",
        ),
        pytest.param(
            {"controller": OF_A_DAEMON_SET, "phase": "Failed"},
            PodStep.EVICT,
            id="a finished pod of a DaemonSet",
        ),
        pytest.param(
            {"controller": ("DaemonSet.apps.kruise.io", "agent")},
            PodStep.LEAVE,
            id="a pod of a DaemonSet of another API group",
        ),
        pytest.param(
            {"phase": "Succeeded", "controller": None}, PodStep.EVICT, id="a finished pod"
        ),
        pytest.param(CONTROLLER, PodStep.LEAVE, id="the controller itself"),
        pytest.param(
            CONTROLLER | {"namespace": "shop"},
            PodStep.EVICT,
            id="a pod of another namespace that looks like the controller",
        ),
        pytest.param(
            CONTROLLER | {"service_account": "default"},
            PodStep.EVICT,
            id="a pod with the controller's label and another ServiceAccount",
        ),
        pytest.param({"deletion": NOW, "grace": 5}, PodStep.AWAIT, id="a terminating pod"),
    ],
)
def test_by_default_every_pod_is_evicted_that_is_not_bound_to_the_node(
    what: dict[str, Any], step: PodStep
) -> None:
    [verdict] = decided(pod(**what))

    assert verdict.step is step
    assert bool(verdict.reason) == (step is PodStep.LEAVE)


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ({"empty_dirs": ("cache",)}, BlockReason.EMPTY_DIR_DATA),
        ({"controller": None}, BlockReason.UNMANAGED_POD),
        ({"controller": ("DaemonSet", "gone")}, BlockReason.UNMANAGED_POD),
    ],
)
def test_a_loss_can_be_configured_to_block_the_drain(
    what: dict[str, Any], reason: BlockReason
) -> None:
    [verdict] = decided(pod(**what), **BLOCK)

    assert verdict.step is PodStep.BLOCK
    assert verdict.blocker
    assert verdict.blocker.reason is reason


def test_a_finished_pod_has_nothing_to_lose() -> None:
    [verdict] = decided(pod(phase="Failed", controller=None, empty_dirs=("cache",)), **BLOCK)

    assert verdict.step is PodStep.EVICT
    assert not verdict.loss


def test_the_loss_of_an_eviction_is_part_of_the_decision() -> None:
    [verdict] = decided(pod(controller=None, empty_dirs=("cache", "logs")))

    assert verdict.loss == (
        "no controller recreates it, and its emptyDir data (cache, logs) is lost"
    )


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"deletion": NOW + timedelta(hours=1), "grace": 3600}, BlockReason.GRACE_PERIOD),
        ({"deletion": NOW - timedelta(hours=1), "grace": 30}, BlockReason.NOT_ENDED),
        (
            {"deletion": NOW - timedelta(hours=1), "grace": 30, "finalizers": ("a/b",)},
            BlockReason.NOT_ENDED,
        ),
        (
            {"deletion": NOW, "finalizers": ("batch.kubernetes.io/job-tracking",)},
            BlockReason.NOT_ENDED,
        ),
        (
            {"deletion": NOW - timedelta(1), "grace": 9, "phase": "Failed", "finalizers": ("a/b",)},
            BlockReason.FINALIZER,
        ),
        (
            {"deletion": NOW + timedelta(seconds=5), "grace": 0, "finalizers": ("a/b",)},
            BlockReason.FINALIZER,
        ),
        (
            {"deletion": NOW + timedelta(hours=1), "grace": 3600, "finalizers": ("a/b",)},
            BlockReason.GRACE_PERIOD,
        ),
    ],
)
def test_a_terminating_pod_has_the_reason_why_it_still_exists(
    fields: dict[str, Any], reason: BlockReason
) -> None:
    [verdict] = decided(pod(**fields))

    assert verdict.blocker
    assert verdict.blocker.reason is reason


def test_a_finalizer_that_kubernetes_removes_itself_is_no_blocker() -> None:
    finalizers = ("batch.kubernetes.io/job-tracking", "a/b")

    [verdict] = decided(pod(deletion=NOW, finalizers=finalizers))

    assert verdict.blocker
    assert verdict.blocker.message == "is kept by the finalizer a/b"


@pytest.mark.parametrize(
    ("api_version", "daemon_set", "foreign"),
    [("apps/v1", ("shop", "agent"), False), ("apps.kruise.io/v1alpha1", None, True)],
)
def test_a_daemon_set_of_another_api_group_needs_no_lookup(
    api_version: str, daemon_set: tuple[str, str] | None, *, foreign: bool
) -> None:
    owner = {"apiVersion": api_version, "kind": "DaemonSet", "name": "agent", "controller": True}

    found = Pod.of({"metadata": {"namespace": "shop", "name": "a", "ownerReferences": [owner]}})

    assert (found.daemon_set, found.in_custom_daemon_set) == (daemon_set, foreign)


def test_the_end_of_the_grace_period_is_reported() -> None:
    [verdict] = decided(pod(deletion=NOW + timedelta(hours=1), grace=3600))

    assert verdict.blocker
    assert "until 2026-01-01 13:00:00 UTC" in verdict.blocker.message


def test_the_first_rule_that_selects_a_pod_decides() -> None:
    rules = [rule("web", "Skip"), {"behavior": "Drain", "order": 5}]

    [skipped, drained] = decided(pod("web"), pod("other"), rules=rules)

    assert (skipped.step, drained.step, drained.order) == (PodStep.LEAVE, PodStep.EVICT, 5)


def test_a_rule_can_select_the_labels_of_the_namespace() -> None:
    of_web = {"namespaceSelector": {"matchLabels": {"team": "web"}}, "behavior": "Skip"}
    of_others = {"namespaceSelector": {"matchLabels": {"team": "db"}}, "behavior": "Skip"}

    assert decided(pod(), rules=[of_web])[0].step is PodStep.LEAVE
    assert decided(pod(), rules=[of_others])[0].step is PodStep.EVICT


def test_a_pod_that_has_to_complete_is_never_evicted_and_can_stay_afterwards() -> None:
    rules = [rule("web", "WaitCompleted")]

    assert decided(pod(), rules=rules)[0].step is PodStep.AWAIT
    assert decided(pod(phase="Succeeded"), rules=rules)[0].step is PodStep.LEAVE


def test_only_pods_of_the_lowest_order_are_next() -> None:
    rules = [rule("late", "Drain", order=10), rule("first", "Drain", order=0)]

    assert names(next_pods(decided(pod("late"), pod("first"), pod("plain"), rules=rules))) == [
        "first",
        "plain",
    ]
    assert names(next_pods(decided(pod("late"), rules=rules))) == ["late"]


def test_a_pod_that_blocks_comes_before_every_order() -> None:
    rules = [rule("late", "Drain", order=10)]
    found = decided(pod("late", empty_dirs=("cache",)), pod("first"), rules=rules, **BLOCK)

    assert names(next_pods(found)) == ["late"], "nothing is evicted in vain"


def test_a_terminating_pod_is_evicted_if_the_settings_give_it_less_time() -> None:
    ending = pod(deletion=NOW + timedelta(hours=1), grace=3600)

    assert decided(ending, gracePeriodSeconds=10)[0].step is PodStep.EVICT
    assert decided(ending)[0].step is PodStep.AWAIT


def test_each_setting_comes_from_the_pool_or_the_cluster_or_the_default() -> None:
    pool = Drain.model_validate({"emptyDirData": "Block", "rules": []})
    cluster = Drain.model_validate(
        {"emptyDirData": "Delete", "onBlocked": "GiveBack", "rules": [rule("web", "Skip")]}
    )

    found = DrainSettings.of(pool, cluster)

    assert found == DrainSettings.model_validate({"emptyDirData": "Block", "onBlocked": "GiveBack"})
    assert found.time_limit == timedelta(hours=1)
    assert DrainSettings.of(None, None) == DrainSettings()


def test_a_duration_has_only_ascii_digits() -> None:
    with pytest.raises(ValueError, match="write a duration of at least 1s"):
        DrainSettings.model_validate({"timeout": "\N{ARABIC-INDIC DIGIT ONE}h"})


def names(of: tuple[PodDecision, ...]) -> list[str]:
    return [each.pod.name for each in of]


def _on_a_silent_node(found: Pod, **settings: Any) -> PodDecision:  # noqa: ANN401 - any setting
    context = replace(AROUND, silent=True)
    [decision] = decide_pods([found], context, DrainSettings.model_validate(settings), NOW)
    return decision


@pytest.mark.parametrize(
    ("ended", "grace", "step"),
    [
        pytest.param(timedelta(seconds=30), 30, PodStep.AWAIT, id="just after its grace period"),
        pytest.param(timedelta(seconds=61), 30, PodStep.LEAVE, id="a minute after it"),
        pytest.param(-timedelta(minutes=50), 3600, PodStep.LEAVE, id="a grace period of an hour"),
        pytest.param(-timedelta(minutes=58), 3600, PodStep.AWAIT, id="two minutes into an hour"),
    ],
)
def test_a_pod_that_only_a_silent_kubelet_could_end_is_left_and_named(
    ended: timedelta, grace: int, step: PodStep
) -> None:
    found = _on_a_silent_node(pod(deletion=NOW - ended, grace=grace))

    assert found.step is step
    assert found.blocker


@pytest.mark.parametrize(
    ("found", "settings", "reason"),
    [
        (pod(empty_dirs=("cache",)), BLOCK, BlockReason.EMPTY_DIR_DATA),
        (pod(controller=None), BLOCK, BlockReason.UNMANAGED_POD),
        (
            pod("job"),
            {"rules": [rule("job", "WaitCompleted")]},
            BlockReason.WAIT_COMPLETED,
        ),
    ],
)
def test_a_silent_node_is_not_held_up_by_pods_that_a_reboot_does_not_delete(
    found: Pod, settings: dict[str, Any], reason: BlockReason
) -> None:
    left = _on_a_silent_node(found, **settings)

    assert left.step is PodStep.LEAVE
    assert left.blocker
    assert left.blocker.reason is reason


def test_other_pods_of_a_silent_node_are_evicted_so_that_they_are_replaced() -> None:
    assert _on_a_silent_node(pod()).step is PodStep.EVICT


TAINTED = OtherNode("cp-1", ({"key": "control-plane", "effect": "NoSchedule"},))
WINDOWS = OtherNode("win-1", runs_linux=False)
TOLERANT: dict[str, Any] = {"tolerations": ({"operator": "Exists"},)}


def steps(*pods: Pod, others: tuple[OtherNode, ...] | None, **settings: Any) -> list[PodStep]:  # noqa: ANN401 - any setting
    """Return the steps for pods of a node beside which there are `others`."""
    context = replace(AROUND, others=others)
    found = decide_pods(pods, context, DrainSettings.model_validate(settings), NOW)
    return [each.step for each in found]


@pytest.mark.parametrize(
    ("what", "others", "step"),
    [
        pytest.param({}, (), PodStep.LEAVE, id="one node is the whole cluster"),
        pytest.param({}, (TAINTED, WINDOWS), PodStep.LEAVE, id="no other node takes it"),
        pytest.param(TOLERANT, (TAINTED,), PodStep.EVICT, id="it tolerates the taint"),
        pytest.param({}, (TAINTED, OtherNode("w-2")), PodStep.EVICT, id="another node takes it"),
        pytest.param({}, None, PodStep.EVICT, id="the other nodes are unknown"),
        pytest.param({"empty_dirs": ("a",)}, (), PodStep.LEAVE, id="its data outlives the reboot"),
        pytest.param({"phase": "Succeeded"}, (), PodStep.EVICT, id="it has completed"),
        pytest.param({"deletion": NOW, "grace": 5}, (), PodStep.AWAIT, id="it is terminating"),
    ],
)
def test_a_pod_stays_that_no_other_node_could_take(
    what: dict[str, Any], others: tuple[OtherNode, ...] | None, step: PodStep
) -> None:
    assert steps(pod(**what), others=others) == [step]


def test_a_stranded_pod_is_evicted_where_the_settings_say_so() -> None:
    assert steps(pod(), others=(), strandedPods="Drain") == [PodStep.EVICT]
    assert steps(pod(), others=(), rules=[rule("web", "Drain")]) == [PodStep.EVICT]
    assert steps(pod(), others=(), rules=[rule("web", "WaitCompleted")]) == [PodStep.AWAIT]
    assert steps(pod(empty_dirs=("a",)), others=(), **BLOCK) == [PodStep.LEAVE]


@pytest.mark.parametrize(
    ("toleration", "matches"),
    [
        ({"operator": "Exists"}, True),
        ({"key": "role", "operator": "Exists"}, True),
        ({"key": "role", "value": "db"}, True),
        ({"key": "role", "value": "db", "effect": "NoSchedule"}, True),
        ({"key": "role", "value": "web"}, False),
        ({"key": "role", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "other", "operator": "Exists"}, False),
    ],
)
def test_tolerations_are_those_of_the_scheduler(
    toleration: dict[str, str], *, matches: bool
) -> None:
    taint = {"key": "role", "value": "db", "effect": "NoSchedule"}

    assert pod(tolerations=(toleration,)).tolerates(taint) is matches


@pytest.mark.parametrize(
    ("taint", "takes"),
    [
        ({"key": "role", "effect": "NoSchedule"}, False),
        ({"key": "role", "effect": "PreferNoSchedule"}, True),
        ({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}, True),
        ({"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}, True),
        ({"key": "machineconfiguration.alauda.io/unconfigured", "effect": "NoSchedule"}, True),
    ],
)
def test_a_node_that_cannot_take_pods_at_the_moment_may_take_them_later(
    taint: dict[str, str], *, takes: bool
) -> None:
    found = OtherNode.of({"metadata": {"name": "w-2"}, "spec": {"taints": [taint]}})

    assert found.takes(pod()) is takes
