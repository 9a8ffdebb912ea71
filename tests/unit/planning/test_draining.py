"""What a drain does with a pod: the rules of `kubectl drain`, and those of the pool's settings."""

from datetime import timedelta
from typing import Any

import pytest

from controller.api.drain import Drain, DrainSettings
from controller.api.machine_config_node import BlockReason
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


def judged(*pods: Pod, **settings: Any) -> tuple[PodDecision, ...]:  # noqa: ANN401 - any setting
    return decide_pods(pods, AROUND, DrainSettings.model_validate(settings), NOW)


def rule(app: str, behavior: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any member
    return {"podSelector": {"matchLabels": {"app": app}}, "behavior": behavior, **more}


@pytest.mark.parametrize(
    ("what", "step"),
    [
        pytest.param({}, PodStep.EVICT, id="an ordinary pod"),
        pytest.param({"controller": None}, PodStep.EVICT, id="one that nobody creates again"),
        pytest.param({"empty_dirs": ("cache",)}, PodStep.EVICT, id="one with data"),
        pytest.param({"mirror": True}, PodStep.LEAVE, id="a static pod"),
        pytest.param({"controller": OF_A_DAEMON_SET}, PodStep.LEAVE, id="one of a DaemonSet"),
        pytest.param(
            {"controller": ("DaemonSet", "gone")},
            PodStep.EVICT,
            id="one of a DaemonSet that is gone",
        ),
        pytest.param(
            {"controller": OF_A_DAEMON_SET, "phase": "Failed"},
            PodStep.EVICT,
            id="one of a DaemonSet that has ended",
        ),
        pytest.param(
            {"controller": ("DaemonSet.apps.kruise.io", "agent")},
            PodStep.LEAVE,
            id="one of a DaemonSet of another API group",
        ),
        pytest.param(
            {"phase": "Succeeded", "controller": None}, PodStep.EVICT, id="one that is over"
        ),
        pytest.param(CONTROLLER, PodStep.LEAVE, id="the controller itself"),
        pytest.param(
            CONTROLLER | {"namespace": "shop"},
            PodStep.EVICT,
            id="one of another namespace that looks like the controller",
        ),
        pytest.param(
            CONTROLLER | {"service_account": "default"},
            PodStep.EVICT,
            id="one with the controller's label and not its ServiceAccount",
        ),
        pytest.param({"deletion": NOW, "grace": 5}, PodStep.AWAIT, id="one that is being deleted"),
    ],
)
def test_by_default_everything_goes_that_does_not_belong_to_the_node(
    what: dict[str, Any], step: PodStep
) -> None:
    [verdict] = judged(pod(**what))

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
def test_what_would_be_lost_can_be_made_to_block(what: dict[str, Any], reason: BlockReason) -> None:
    [verdict] = judged(pod(**what), **BLOCK)

    assert verdict.step is PodStep.BLOCK
    assert verdict.blocker
    assert verdict.blocker.reason is reason


def test_nothing_is_lost_of_a_pod_that_has_ended() -> None:
    [verdict] = judged(pod(phase="Failed", controller=None, empty_dirs=("cache",)), **BLOCK)

    assert verdict.step is PodStep.EVICT
    assert not verdict.loss


def test_what_an_eviction_loses_is_known_before() -> None:
    [verdict] = judged(pod(controller=None, empty_dirs=("cache", "logs")))

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
def test_of_a_pod_that_is_being_deleted_it_is_known_what_keeps_it(
    fields: dict[str, Any], reason: BlockReason
) -> None:
    [verdict] = judged(pod(**fields))

    assert verdict.blocker
    assert verdict.blocker.reason is reason


def test_a_finalizer_that_kubernetes_removes_itself_is_not_blamed() -> None:
    finalizers = ("batch.kubernetes.io/job-tracking", "a/b")

    [verdict] = judged(pod(deletion=NOW, finalizers=finalizers))

    assert verdict.blocker
    assert verdict.blocker.message == "is kept by the finalizer a/b"


@pytest.mark.parametrize(
    ("api_version", "daemon_set", "foreign"),
    [("apps/v1", ("shop", "agent"), False), ("apps.kruise.io/v1alpha1", None, True)],
)
def test_of_a_daemon_set_that_is_not_kubernetes_own_nobody_asks_whether_it_is_there(
    api_version: str, daemon_set: tuple[str, str] | None, *, foreign: bool
) -> None:
    owner = {"apiVersion": api_version, "kind": "DaemonSet", "name": "agent", "controller": True}

    found = Pod.of({"metadata": {"namespace": "shop", "name": "a", "ownerReferences": [owner]}})

    assert (found.daemon_set, found.in_custom_daemon_set) == (daemon_set, foreign)


def test_the_time_until_which_a_pod_may_end_is_told() -> None:
    [verdict] = judged(pod(deletion=NOW + timedelta(hours=1), grace=3600))

    assert verdict.blocker
    assert "until 2026-01-01 13:00:00 UTC" in verdict.blocker.message


def test_the_first_rule_that_selects_a_pod_decides() -> None:
    rules = [rule("web", "Skip"), {"behavior": "Drain", "order": 5}]

    [skipped, drained] = judged(pod("web"), pod("other"), rules=rules)

    assert (skipped.step, drained.step, drained.order) == (PodStep.LEAVE, PodStep.EVICT, 5)


def test_a_rule_may_ask_for_the_labels_of_the_namespace() -> None:
    of_web = {"namespaceSelector": {"matchLabels": {"team": "web"}}, "behavior": "Skip"}
    of_others = {"namespaceSelector": {"matchLabels": {"team": "db"}}, "behavior": "Skip"}

    assert judged(pod(), rules=[of_web])[0].step is PodStep.LEAVE
    assert judged(pod(), rules=[of_others])[0].step is PodStep.EVICT


def test_a_pod_that_is_waited_for_is_never_evicted_and_may_stay_once_it_has_completed() -> None:
    rules = [rule("web", "WaitCompleted")]

    assert judged(pod(), rules=rules)[0].step is PodStep.AWAIT
    assert judged(pod(phase="Succeeded"), rules=rules)[0].step is PodStep.LEAVE


def test_only_the_lowest_order_is_due() -> None:
    rules = [rule("late", "Drain", order=10), rule("first", "Drain", order=0)]

    assert names(next_pods(judged(pod("late"), pod("first"), pod("plain"), rules=rules))) == [
        "first",
        "plain",
    ]
    assert names(next_pods(judged(pod("late"), rules=rules))) == ["late"]


def test_what_blocks_comes_before_every_order() -> None:
    rules = [rule("late", "Drain", order=10)]
    found = judged(pod("late", empty_dirs=("cache",)), pod("first"), rules=rules, **BLOCK)

    assert names(next_pods(found)) == ["late"], "nothing is evicted in vain"


def test_a_pod_is_hurried_where_the_pool_gives_less_time() -> None:
    ending = pod(deletion=NOW + timedelta(hours=1), grace=3600)

    assert judged(ending, gracePeriodSeconds=10)[0].step is PodStep.EVICT
    assert judged(ending)[0].step is PodStep.AWAIT


def test_each_field_is_the_pools_or_else_the_clusters_or_else_the_default() -> None:
    pool = Drain.model_validate({"emptyDirData": "Block", "rules": []})
    cluster = Drain.model_validate(
        {"emptyDirData": "Delete", "onBlocked": "GiveBack", "rules": [rule("web", "Skip")]}
    )

    found = DrainSettings.of(pool, cluster)

    assert found == DrainSettings.model_validate({"emptyDirData": "Block", "onBlocked": "GiveBack"})
    assert found.time_limit == timedelta(hours=1)
    assert DrainSettings.of(None, None) == DrainSettings()


def test_a_duration_is_written_in_the_digits_that_the_api_server_takes() -> None:
    with pytest.raises(ValueError, match="write a duration of at least 1s"):
        DrainSettings.model_validate({"timeout": "\N{ARABIC-INDIC DIGIT ONE}h"})


def names(of: tuple[PodDecision, ...]) -> list[str]:
    return [each.pod.name for each in of]
