"""Labels select the one pool of a node; otherwise the pools have an error."""

import pytest

from controller.planning.membership import membership
from tests.unit.planning.build import node
from tests.unit.rendering.build import pool

POOLS = [pool("worker"), pool("gpu"), pool("infra"), pool("master")]
CONTROL_PLANE = {"node-role.kubernetes.io/control-plane": ""}
MASTER = {"node-role.kubernetes.io/master": ""}


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        pytest.param({}, "worker", id="a node without labels is a worker"),
        pytest.param({"gpu": ""}, "gpu", id="a custom pool beats worker"),
        pytest.param(
            {"gpu": "", "special": ""}, "gpu", id="a custom pool needs no worker selector"
        ),
        pytest.param(CONTROL_PLANE, "master", id="the control-plane label beats worker"),
        pytest.param(MASTER, "master", id="the older label of control planes works too"),
        pytest.param(
            CONTROL_PLANE | {"gpu": ""}, "master", id="the control-plane label beats a custom pool"
        ),
        pytest.param(
            MASTER | {"gpu": "", "infra": ""}, "master", id="and even two of them, without an error"
        ),
        pytest.param({"special": ""}, None, id="a node that no pool selects is in none"),
    ],
)
def test_labels_select_the_pool(labels: dict[str, str], expected: str | None) -> None:
    divided = membership([node("a", labels=labels)], POOLS)

    assert [name for name, members in divided.members.items() if members] == (
        [expected] if expected else []
    )
    assert not any(divided.errors.values())


def test_a_node_that_two_custom_pools_select_is_in_none_and_an_error_of_both() -> None:
    divided = membership([node("a", labels={"gpu": "", "infra": ""})], POOLS)

    error = ("a is in no pool: gpu and infra select it",)
    assert not any(divided.members.values())
    assert divided.errors == {"worker": (), "master": (), "gpu": error, "infra": error}


def test_a_node_that_does_not_run_linux_is_in_no_pool() -> None:
    divided = membership([node("a", runs_linux=False), node("b")], POOLS)

    assert [each.name for each in divided.members["worker"]] == ["b"]


def test_an_empty_selector_selects_no_node() -> None:
    divided = membership([node("a", labels={"gpu": ""})], [pool("gpu", nodeSelector={})])

    assert divided.members["gpu"] == ()


def test_a_node_whose_custom_pool_is_deleted_is_a_worker_again() -> None:
    divided = membership([node("a", labels={"gpu": ""})], [pool("worker")])

    assert [each.name for each in divided.members["worker"]] == ["a"]


@pytest.mark.parametrize("labels", [{}, CONTROL_PLANE])
def test_a_node_whose_default_pool_is_deleted_is_in_no_pool(labels: dict[str, str]) -> None:
    divided = membership([node("a", labels=labels)], [pool("gpu")])

    assert not any(divided.members.values())


def test_members_are_listed_by_age_and_then_by_name() -> None:
    nodes = [node("young", age=1), node("b", age=5), node("a", age=5), node("eldest", age=9)]

    members = membership(nodes, [pool("worker")]).members["worker"]

    assert [each.name for each in members] == ["eldest", "a", "b", "young"]
