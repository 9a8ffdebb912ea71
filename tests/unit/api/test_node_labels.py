"""Pools that a node can join by labels that its kubelet may set."""

from typing import Any

import pytest

from controller.api import names
from controller.api.defaults import POOLS
from controller.api.meta import LabelSelector
from controller.api.node_labels import self_assignable_labels

PROTECTED = "node-role.kubernetes.io/gpu"


def having(*keys: str, operator: str = "Exists") -> dict[str, Any]:
    """Return a selector with `operator` for each of these labels."""
    return {"matchExpressions": [{"key": each, "operator": operator} for each in keys]}


@pytest.mark.parametrize(
    ("selector", "open_by"),
    [
        pytest.param({"matchLabels": {"pool": "gpu"}}, ("pool",), id="a label without a domain"),
        pytest.param({"matchLabels": {"a.io/p": "", "b": ""}}, ("a.io/p", "b"), id="two of them"),
        pytest.param(having("pool"), ("pool",), id="an expression"),
        pytest.param(
            {"matchLabels": {"kubernetes.io/hostname": "w-1"}},
            ("kubernetes.io/hostname",),
            id="a label of Kubernetes that kubelets set",
        ),
        pytest.param(
            having("pool", operator="DoesNotExist"),
            ("pool",),
            id="a label that the kubelet can remove",
        ),
        pytest.param({"matchLabels": {PROTECTED: ""}}, (), id="a role"),
        pytest.param(having("node-restriction.kubernetes.io/gpu"), (), id="a restricted one"),
        pytest.param(
            {"matchLabels": {PROTECTED: "", "zone": "a"}}, (), id="a protected label besides"
        ),
        pytest.param(
            {**having(names.MASTER_NODE_LABEL, operator="DoesNotExist"), "matchLabels": {"a": ""}},
            ("a",),
            id="a label that must be absent does not protect",
        ),
        pytest.param({}, (), id="an empty selector"),
    ],
)
def test_a_node_can_join_a_pool_unless_a_protected_label_prevents_it(
    selector: dict[str, Any], open_by: tuple[str, ...]
) -> None:
    assert self_assignable_labels(LabelSelector.model_validate(selector)) == open_by


def test_no_node_can_join_a_default_pool_by_a_label() -> None:
    assert not any(self_assignable_labels(each.spec.node_selector) for each in POOLS)
