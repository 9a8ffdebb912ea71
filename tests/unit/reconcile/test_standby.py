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
def succession(lease: Handed) -> Standbys:
    return Standbys(lease, "own")


def test_nobody_stands_in_where_there_is_no_other_replica(succession: Standbys) -> None:
    assert succession.stand_in({"own"}) == ""
    assert succession.stand_in(frozenset()) == ""


def test_each_replica_that_does_not_come_is_asked_once(succession: Standbys, lease: Handed) -> None:
    asked = []
    while (heir := succession.stand_in(_REPLICAS)) and lease.times < len(_REPLICAS):
        asked.append(heir)
        succession.hand_over()
        lease.stepped_down_in_vain = True

    assert asked == ["a", "b"]


def test_a_replica_that_did_not_come_is_asked_again_once_it_was_not_ready_in_between(
    succession: Standbys, lease: Handed
) -> None:
    succession.stand_in({"own", "a"})
    succession.hand_over()
    lease.stepped_down_in_vain = True
    assert succession.stand_in({"own", "a"}) == ""

    assert succession.stand_in({"own"}) == ""
    assert succession.stand_in({"own", "a"}) == "a"


def test_a_replica_that_came_is_asked_again(succession: Standbys, lease: Handed) -> None:
    assert succession.stand_in(_REPLICAS) == "a"
    succession.hand_over()
    lease.stepped_down_in_vain = False

    assert succession.stand_in(_REPLICAS) == "a"
