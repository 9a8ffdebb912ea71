"""Which pools a node can bring itself into, by the labels that its kubelet may set."""

from typing import Any

import pytest

from controller.api import names
from controller.api.defaults import POOLS
from controller.api.meta import LabelSelector
from controller.api.node_labels import self_assignable_labels

PROTECTED = "node-role.kubernetes.io/gpu"


def having(*keys: str, operator: str = "Exists") -> dict[str, Any]:
    """Return a selector of nodes that have these labels, or as `operator` says."""
    return {"matchExpressions": [{"key": each, "operator": operator} for each in keys]}


@pytest.mark.parametrize(
    ("selector", "open_by"),
    [
        pytest.param({"matchLabels": {"pool": "gpu"}}, ("pool",), id="a label of nobody's"),
        pytest.param({"matchLabels": {"a.io/p": "", "b": ""}}, ("a.io/p", "b"), id="two of them"),
        pytest.param(having("pool"), ("pool",), id="an expression"),
        pytest.param(
            {"matchLabels": {"kubernetes.io/hostname": "w-1"}},
            ("kubernetes.io/hostname",),
            id="one of Kubernetes that kubelets set",
        ),
        pytest.param(
            having("pool", operator="DoesNotExist"), ("pool",), id="one that it can take away"
        ),
        pytest.param({"matchLabels": {PROTECTED: ""}}, (), id="a role"),
        pytest.param(having("node-restriction.kubernetes.io/gpu"), (), id="a restricted one"),
        pytest.param(
            {"matchLabels": {PROTECTED: "", "zone": "a"}}, (), id="one that keeps it out beside"
        ),
        pytest.param(
            {**having(names.MASTER_NODE_LABEL, operator="DoesNotExist"), "matchLabels": {"a": ""}},
            ("a",),
            id="one that most nodes do not have keeps nobody out",
        ),
        pytest.param({}, (), id="nothing, which selects nothing"),
    ],
)
def test_a_pool_is_open_where_no_label_keeps_a_node_out(
    selector: dict[str, Any], open_by: tuple[str, ...]
) -> None:
    assert self_assignable_labels(LabelSelector.model_validate(selector)) == open_by


def test_no_default_pool_is_open() -> None:
    assert not any(self_assignable_labels(each.spec.node_selector) for each in POOLS)
