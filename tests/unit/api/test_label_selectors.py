"""Label selectors select as in kubectl, except for the empty one."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from controller.api.meta import LabelSelector

WORKER = {"role": "worker", "zone": "a"}


def expression(operator: str, *values: str, key: str = "role") -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": values}]}


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        pytest.param({}, False, id="an empty selector matches nothing"),
        pytest.param(
            {"matchLabels": {}, "matchExpressions": []}, False, id="empty lists match nothing"
        ),
        pytest.param({"matchLabels": {"role": "worker"}}, True, id="a label"),
        pytest.param({"matchLabels": {"role": "infra"}}, False, id="another value"),
        pytest.param({"matchLabels": {"gpu": ""}}, False, id="a missing label"),
        pytest.param({"matchLabels": WORKER}, True, id="two labels"),
        pytest.param({"matchLabels": {**WORKER, "gpu": "a"}}, False, id="one of three missing"),
        pytest.param(expression("In", "infra", "worker"), True, id="in"),
        pytest.param(expression("In", "infra"), False, id="in others"),
        pytest.param(expression("In", "a", key="gpu"), False, id="in, without the label"),
        pytest.param(expression("NotIn", "infra"), True, id="not in"),
        pytest.param(expression("NotIn", "worker"), False, id="not in, but it is"),
        pytest.param(expression("NotIn", "a", key="gpu"), True, id="not in, without the label"),
        pytest.param(expression("Exists"), True, id="exists"),
        pytest.param(expression("Exists", key="gpu"), False, id="exists, but does not"),
        pytest.param(expression("DoesNotExist", key="gpu"), True, id="does not exist"),
        pytest.param(expression("DoesNotExist"), False, id="does not exist, but does"),
        pytest.param(
            {"matchLabels": {"zone": "a"}, **expression("NotIn", "worker")}, False, id="both"
        ),
    ],
)
def test_a_selector_matches_labels(selector: dict[str, Any], matches: bool) -> None:  # noqa: FBT001
    assert LabelSelector.model_validate(selector).matches(WORKER) is matches


@pytest.mark.parametrize(
    "selector",
    [
        pytest.param(expression("In"), id="in nothing"),
        pytest.param(expression("Exists", "worker"), id="exists with a value"),
        pytest.param(expression("Equals", "worker"), id="an unknown operator"),
        pytest.param(expression("Exists", key=""), id="no key"),
    ],
)
def test_an_invalid_selector_is_refused(selector: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LabelSelector.model_validate(selector)
