"""Every budget that the API server accepts can be parsed."""

from typing import Any

import pytest

from controller.planning.drain.pod import Pod
from controller.planning.drain.pod_disruption_budget import PodDisruptionBudget

POD = Pod("shop", "web", labels={"app": "web"})
# The API server takes such a value in the selector of a budget.
INVALID = f"{'x' * 80} ü"


def budget(**spec: Any) -> PodDisruptionBudget:  # noqa: ANN401 - any member of a spec
    return PodDisruptionBudget.of({"metadata": {"namespace": "shop", "name": "b"}, "spec": spec})


def requirement(operator: str, *values: str) -> dict[str, Any]:
    given = {"values": list(values)} if values else {}
    return {"matchExpressions": [{"key": "app", "operator": operator, **given}]}


@pytest.mark.parametrize(
    ("selector", "protects"),
    [
        pytest.param({"matchLabels": {"app": "web"}}, True, id="labels"),
        pytest.param({"matchLabels": {"app": INVALID}}, False, id="a value that no label can have"),
        pytest.param({"matchLabels": None, "matchExpressions": None}, True, id="empty"),
        pytest.param(requirement("In", *map(str, range(500)), "web"), True, id="many values"),
        pytest.param(requirement("NotIn", INVALID), True, id="not a value that no label can have"),
        pytest.param(requirement("Exists"), True, id="exists"),
        pytest.param(requirement("DoesNotExist"), False, id="does not exist"),
    ],
)
def test_a_selector_is_applied_as_written(selector: dict[str, Any], *, protects: bool) -> None:
    assert budget(selector=selector).protects(POD) is protects


def test_a_budget_without_a_selector_protects_nothing() -> None:
    assert not budget().protects(POD)
