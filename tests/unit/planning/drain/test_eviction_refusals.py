"""A refused eviction is explained by the budgets, with a remedy."""

from typing import Any

import pytest

from controller.api.machine_config_node import BlockReason
from controller.api.meta import LabelSelector
from controller.planning.drain import blockers, eviction_refusals
from controller.planning.drain.pod import Pod
from controller.planning.drain.pod_disruption_budget import PodDisruptionBudget

TOO_MANY_REQUESTS = 429
WEB = LabelSelector(match_labels={"app": "web"})


def pod(**fields: Any) -> Pod:  # noqa: ANN401 - any field of a Pod
    return Pod("shop", "web-0", **{"labels": {"app": "web"}, **fields})


def budget(name: str = "web", **fields: Any) -> PodDisruptionBudget:  # noqa: ANN401 - any field
    ordinary: dict[str, Any] = {"selector": WEB, "healthy": 2, "desired": 2, "expected": 2}
    return PodDisruptionBudget(**{"namespace": "shop", "name": name, **ordinary, **fields})


@pytest.mark.parametrize(
    ("refused", "budgets", "reason"),
    [
        pytest.param(pod(), [budget()], BlockReason.POD_DISRUPTION_BUDGET, id="all are needed"),
        pytest.param(
            pod(),
            [budget(desired=0, expected=0)],
            BlockReason.POD_DISRUPTION_BUDGET,
            id="pods without a controller",
        ),
        pytest.param(pod(), [budget(allowed=1)], None, id="one eviction is allowed"),
        pytest.param(pod(), [], None, id="no budget"),
        pytest.param(pod(), [budget(selector=None)], None, id="a budget without a selector"),
        pytest.param(
            pod(),
            [budget(selector=LabelSelector())],
            BlockReason.POD_DISRUPTION_BUDGET,
            id="a budget of all pods",
        ),
        pytest.param(pod(), [budget(namespace="office")], None, id="a budget elsewhere"),
        pytest.param(
            pod(), [budget("a"), budget("b", allowed=1)], BlockReason.SEVERAL_BUDGETS, id="two"
        ),
        pytest.param(
            pod(ready=False), [budget(healthy=1)], BlockReason.POD_NOT_READY, id="not Ready"
        ),
        pytest.param(
            pod(ready=False),
            [budget(healthy=1, always_allows_unhealthy=True)],
            None,
            id="not Ready, and eviction is allowed",
        ),
        pytest.param(pod(ready=False), [budget()], None, id="not Ready, and others suffice"),
        pytest.param(pod(phase="Pending"), [budget("a"), budget("b")], None, id="not yet started"),
        pytest.param(pod(phase="Failed"), [budget()], None, id="finished"),
    ],
)
def test_a_refusal_is_predicted_from_the_budgets(
    refused: Pod, budgets: list[PodDisruptionBudget], reason: BlockReason | None
) -> None:
    found = eviction_refusals.expected(refused, budgets)

    assert (found.reason if found else None) is reason


def test_a_budget_that_allows_the_eviction_since_is_still_named() -> None:
    found = eviction_refusals.refused(
        pod(), [budget(allowed=1)], TOO_MANY_REQUESTS, "Cannot evict pod"
    )

    assert found.reason is BlockReason.POD_DISRUPTION_BUDGET
    assert found.pod_disruption_budget == "shop/web"


def test_any_other_refusal_is_reported_with_the_message_of_the_api_server() -> None:
    found = eviction_refusals.refused(pod(), [budget(allowed=1)], 403, "not before\nthe release")

    assert found.reason is BlockReason.EVICTION_REFUSED
    assert found.message == "not before the release"


@pytest.mark.parametrize("reason", BlockReason)
def test_a_blocker_needs_a_user_unless_it_ends_by_itself(reason: BlockReason) -> None:
    [found] = [blockers.just_evicted(pod()).model_copy(update={"reason": reason})]

    patient = reason in {BlockReason.GRACE_PERIOD, BlockReason.WAIT_COMPLETED}
    assert blockers.need_user([found]) is not patient


def test_a_pod_that_was_not_attempted_needs_no_user() -> None:
    assert not blockers.need_user([blockers.not_attempted(pod())])


def test_a_message_of_any_length_fits_into_the_status() -> None:
    found = eviction_refusals.refused(pod(), [], 500, "x" * 5000)

    assert len(found.message) == 1024
