"""To whom the Lease is handed over, where kubelets say who is ready to take it."""

from typing import Final

import pytest

from controller.cluster.lease import Lease
from controller.reconcile.standby import Standbys

_REPLICAS: Final = frozenset({"own", "a", "b"})


class Handed(Lease):
    """A Lease that comes back at once, with or without somebody having led."""

    def __init__(self) -> None:
        self.times = 0
        self.stepped_down_in_vain = False

    def step_down(self) -> None:
        self.times += 1


@pytest.fixture
def lease() -> Handed:
    return Handed()


@pytest.fixture
def standbys(lease: Handed) -> Standbys:
    return Standbys(lease, "own")


def test_nobody_stands_in_where_there_is_no_other_replica(standbys: Standbys) -> None:
    assert standbys.choose({"own"}) == ""
    assert standbys.choose(frozenset()) == ""


def test_each_replica_that_does_not_come_is_asked_once(standbys: Standbys, lease: Handed) -> None:
    asked = []
    while (heir := standbys.choose(_REPLICAS)) and lease.times < len(_REPLICAS):
        asked.append(heir)
        standbys.step_down()
        lease.stepped_down_in_vain = True

    assert asked == ["a", "b"]


def test_a_replica_that_did_not_come_is_asked_again_once_it_was_not_ready_in_between(
    standbys: Standbys, lease: Handed
) -> None:
    standbys.choose({"own", "a"})
    standbys.step_down()
    lease.stepped_down_in_vain = True
    assert standbys.choose({"own", "a"}) == ""

    assert standbys.choose({"own"}) == ""
    assert standbys.choose({"own", "a"}) == "a"


def test_a_replica_that_came_is_asked_again(standbys: Standbys, lease: Handed) -> None:
    assert standbys.choose(_REPLICAS) == "a"
    standbys.step_down()
    lease.stepped_down_in_vain = False

    assert standbys.choose(_REPLICAS) == "a"
