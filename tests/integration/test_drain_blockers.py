"""Each blocker of a drain is reported with its remedy, after which the drain continues.

The API server is real and answers the evictions. It has no kubelet and no controllers behind it, so
each test sets the status of pods and budgets itself. The drain has the controller's own rights.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from controller.api.json_object import Json
from controller.api.machine_config_node import BlockReason
from controller.drain.attempt import NotCordonedError
from controller.kubectl_proxy import ApiError
from tests import conftest
from tests.integration.drain_node import OFFICE, SHOP, Node

_EMPTY_DIR: Json = {"volumes": [{"name": "cache", "emptyDir": {}}]}


@pytest.fixture
def node(api_server: conftest.ApiServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    """The node; everything that a test creates there is deleted afterwards."""
    monkeypatch.setenv("KUBECONFIG", str(api_server.install()))
    monkeypatch.setenv("PATH", str(api_server.bin), prepend=os.pathsep)
    node = Node(api_server)
    yield node
    node.clear()


@dataclass(frozen=True)
class Cause:
    """A cause for which a drain waits: how it is created, its message, and the remedy."""

    reason: BlockReason
    happen: tuple[Callable[[Node], None], ...]
    message: str
    remedy: str
    follow: Callable[[Node], None]
    settings: Json = field(default_factory=dict)
    # Whether it is reported before the drain has begun.
    previewed: bool = True


def _finalizers(*names: str) -> Json:
    return {"metadata": {"labels": {"app": "web"}, "finalizers": list(names)}}


CAUSES = [
    Cause(
        BlockReason.POD_DISRUPTION_BUDGET,
        (lambda node: node.pod("web"), lambda node: node.budget("web", "web")),
        "shop/web needs 1 healthy pods and has 1",
        "scale up what shop/web protects, or let it allow more disruptions",
        lambda node: node.allow("web", disruptionsAllowed=1),
    ),
    Cause(
        BlockReason.POD_DISRUPTION_BUDGET,
        (lambda node: node.pod("web"), lambda node: node.budget("web", "web", expectedPods=2)),
        "shop/web needs 1 healthy pods and has 1",
        "fix the pods of shop/web that are not Ready",
        lambda node: node.allow("web", disruptionsAllowed=1, currentHealthy=2, expectedPods=2),
    ),
    Cause(
        BlockReason.POD_NOT_READY,
        (
            lambda node: node.pod("web", ready=False),
            lambda node: node.budget("web", "web", currentHealthy=0),
        ),
        "is not Ready, and shop/web needs 1 healthy pods and has 0",
        "fix or delete the pod, or set unhealthyPodEvictionPolicy: AlwaysAllow in shop/web",
        lambda node: node.change_budget("web", unhealthyPodEvictionPolicy="AlwaysAllow"),
    ),
    Cause(
        BlockReason.SEVERAL_BUDGETS,
        (
            lambda node: node.pod("web"),
            lambda node: node.budget("web", "web", disruptionsAllowed=1),
            lambda node: node.budget("all", "web", disruptionsAllowed=1),
        ),
        "has more than one PodDisruptionBudget (shop/all, shop/web), and is never evicted",
        "delete all but one of them, or narrow their selectors",
        lambda node: node.delete_budget("all"),
    ),
    Cause(
        BlockReason.EMPTY_DIR_DATA,
        (lambda node: node.pod("web", **_EMPTY_DIR),),
        "has an emptyDir volume (cache), and drain.emptyDirData is Block",
        "save its data and delete the pod, or set drain.emptyDirData: Delete",
        lambda node: node.delete("web"),
        {"emptyDirData": "Block"},
    ),
    Cause(
        BlockReason.UNMANAGED_POD,
        (lambda node: node.pod("web", metadata={"ownerReferences": []}),),
        "has no controller that would recreate it, and drain.unmanagedPods is Block",
        "delete the pod, or set drain.unmanagedPods: Delete",
        lambda node: node.delete("web"),
        {"unmanagedPods": "Block"},
    ),
    Cause(
        BlockReason.FINALIZER,
        (lambda node: node.pod("web", **_finalizers("example.com/held")),),
        "is kept by the finalizer example.com/held",
        "if the owner no longer exists: kubectl patch pod --namespace=shop web",
        lambda node: node.change("web", metadata={"finalizers": None}),
    ),
    Cause(
        BlockReason.GRACE_PERIOD,
        (
            lambda node: node.pod("web", terminationGracePeriodSeconds=3600),
            lambda node: node.delete("web"),
        ),
        "UTC (grace period 3600 s)",
        "wait, or set drain.gracePeriodSeconds to a shorter time",
        lambda node: node.delete("web", 0),
    ),
    Cause(
        BlockReason.NOT_ENDED,
        (
            lambda node: node.pod("web", terminationGracePeriodSeconds=1),
            lambda node: node.delete("web"),
        ),
        ", and the kubelet has not confirmed it",
        "check the node's kubelet; if the pod has certainly terminated: "
        "kubectl delete pod --namespace=shop web --force --grace-period=0",
        lambda node: node.delete("web", 0),
        previewed=False,
    ),
    Cause(
        BlockReason.WAIT_COMPLETED,
        (lambda node: node.pod("web"),),
        "is still running, and a rule of drain.rules waits until it has completed",
        "wait, delete the pod, or change the rule",
        lambda node: node.change("web", "/status", status={"phase": "Succeeded"}),
        {"rules": [{"podSelector": {"matchLabels": {"app": "web"}}, "behavior": "WaitCompleted"}]},
    ),
    Cause(
        BlockReason.EVICTION_REFUSED,
        (
            lambda node: node.pod("web"),
            lambda node: node.refuse_evictions("not before the release"),
        ),
        "not before the release",
        "fix what refuses the eviction (for example an admission webhook), or delete the pod",
        lambda node: node.admit_evictions(),
        previewed=False,
    ),
]


def test_every_cause_is_in_the_table() -> None:
    assert {each.reason for each in CAUSES} == set(BlockReason)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda each: f"{each.reason}")
def test_a_cause_is_reported_with_its_remedy_after_which_the_drain_continues(
    cause: Cause, node: Node
) -> None:
    for happen in cause.happen:
        happen(node)

    previewed = node.preview(**cause.settings).blockers
    [blocker] = node.drain(**cause.settings).blockers

    assert (blocker.pod, blocker.reason) == (f"{SHOP}/web", cause.reason)
    assert cause.message in blocker.message
    assert cause.remedy in blocker.remedy
    assert not cause.previewed or [each.reason for each in previewed] == [cause.reason]
    cause.follow(node)
    assert not node.drain(**cause.settings).blockers


def test_unprotected_pods_are_evicted_and_the_nodes_own_pods_stay(node: Node) -> None:
    node.pod("web", **_EMPTY_DIR)
    node.pod("bare", metadata={"ownerReferences": []})
    node.pod("ended", phase="Succeeded", metadata={"ownerReferences": []})
    node.pod("static", metadata={"annotations": {"kubernetes.io/config.mirror": "1"}})
    labels = {"app.kubernetes.io/name": "machine-config-controller"}
    node.pod("impostor", metadata={"labels": labels})

    outcome = node.drain()

    assert outcome.evicted == ("shop/bare", "shop/ended", "shop/impostor", "shop/web")
    assert not outcome.blockers
    assert node.pods() == {"static"}


def test_where_no_other_node_could_take_its_pods_they_stay_and_block_nothing(node: Node) -> None:
    tolerated = {"key": "control-plane", "operator": "Exists"}
    node.pod("web", metadata={"labels": {"app": "web"}})
    node.budget("web", "web")
    node.pod("dns", tolerations=[tolerated])
    node.taint_other("control-plane")

    tainted = node.drain()
    assert (tainted.evicted, tainted.stranded) == (("shop/dns",), ("shop/web",))
    assert not tainted.blockers, "its PodDisruptionBudget would never allow the eviction"

    node.be_alone()
    node.pod("late")
    assert set(node.preview().stranded) == {"shop/web", "shop/late"}
    assert node.drain().blockers == ()
    assert node.pods() == {"web", "late"}

    requested = node.drain(strandedPods="Drain")
    assert requested.evicted == ("shop/late",)
    assert [each.pod for each in requested.blockers] == ["shop/web"]


def test_the_first_rule_that_selects_a_pod_decides(node: Node) -> None:
    node.pod("web")
    node.pod("ledger", namespace=OFFICE)
    node.pod("printer", namespace=OFFICE)
    office = {"matchLabels": {"kubernetes.io/metadata.name": OFFICE}}
    rules = [
        {"podSelector": {"matchLabels": {"app": "ledger"}}, "behavior": "Drain"},
        {"namespaceSelector": office, "behavior": "Skip"},
    ]

    assert not node.drain(rules=rules).blockers
    assert node.pods() == {"printer"}


def test_pods_of_a_lower_order_are_gone_before_the_next_are_evicted(node: Node) -> None:
    node.pod("web", **_finalizers("example.com/held"))
    node.pod("database")
    rules = [{"podSelector": {"matchLabels": {"app": "database"}}, "behavior": "Drain", "order": 9}]

    [waited_for] = node.drain(rules=rules).blockers
    assert waited_for.pod == "shop/web"
    assert node.pods() == {"database"}
    node.change("web", metadata={"finalizers": None})
    assert not node.drain(rules=rules).blockers
    assert node.pods() == set()


def test_nothing_is_evicted_while_a_setting_blocks_the_drain(node: Node) -> None:
    node.pod("cache", **_EMPTY_DIR)
    node.pod("web")

    assert [each.pod for each in node.drain(emptyDirData="Block").blockers] == ["shop/cache"]
    assert node.pods() == {"cache", "web"}


def test_a_shorter_grace_period_also_applies_to_a_pod_that_is_being_deleted(node: Node) -> None:
    node.pod("web", terminationGracePeriodSeconds=3600)
    node.delete("web")

    assert not node.drain(gracePeriodSeconds=0).blockers


def test_a_preview_evicts_nothing(node: Node) -> None:
    node.pod("web")

    assert node.preview().evicted == ("shop/web",)
    assert node.pods() == {"web"}


def test_an_eviction_without_an_answer_delays_no_other(node: Node) -> None:
    node.pod("web")
    node.pod("ledger", namespace=OFFICE)

    with node.silent_webhook():
        [blocker] = node.drain().blockers

    assert (blocker.pod, blocker.reason) == ("shop/web", BlockReason.EVICTION_REFUSED)
    assert blocker.message == "no answer within 2 s"
    assert node.pods() == {"web"}


def test_a_node_that_is_not_cordoned_is_left_alone(node: Node) -> None:
    node.pod("web")
    node.uncordon()

    with pytest.raises(NotCordonedError, match="drained is not cordoned"):
        node.drain()
    assert node.pods() == {"web"}


def test_an_unreachable_cluster_is_reported_with_kubectls_message(
    monkeypatch: pytest.MonkeyPatch, node: Node
) -> None:
    monkeypatch.setenv("KUBECONFIG", "/dev/null")
    with pytest.raises(ApiError):
        node.drain()
