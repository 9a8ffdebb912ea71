"""For which replica the leader steps down, where only kubelets report which are ready."""

from typing import Final

import pytest

from controller.cluster.lease import Lease
from controller.reconcile.standby import Standbys

_REPLICAS: Final = frozenset({"own", "a", "b"})


class Returned(Lease):
    """A Lease that is acquired again at once, after another leader or without one."""

    def __init__(self) -> None:
        self.times = 0
        self.stepped_down_in_vain = False

    def step_down(self) -> None:
        self.times += 1


@pytest.fixture
def lease() -> Returned:
    return Returned()


@pytest.fixture
def standbys(lease: Returned) -> Standbys:
    return Standbys(lease, "own")


def test_there_is_no_standby_without_another_replica(standbys: Standbys) -> None:
    assert standbys.choose({"own"}) == ""
    assert standbys.choose(frozenset()) == ""


def test_each_replica_that_does_not_become_the_leader_is_chosen_once(
    standbys: Standbys, lease: Returned
) -> None:
    chosen = []
    while (standby := standbys.choose(_REPLICAS)) and lease.times < len(_REPLICAS):
        chosen.append(standby)
        standbys.step_down()
        lease.stepped_down_in_vain = True

    assert chosen == ["a", "b"]


def test_a_replica_that_did_not_lead_is_chosen_again_after_it_was_not_ready(
    standbys: Standbys, lease: Returned
) -> None:
    standbys.choose({"own", "a"})
    standbys.step_down()
    lease.stepped_down_in_vain = True
    assert standbys.choose({"own", "a"}) == ""

    assert standbys.choose({"own"}) == ""
    assert standbys.choose({"own", "a"}) == "a"


def test_a_replica_that_led_is_chosen_again(standbys: Standbys, lease: Returned) -> None:
    assert standbys.choose(_REPLICAS) == "a"
    standbys.step_down()
    lease.stepped_down_in_vain = False

    assert standbys.choose(_REPLICAS) == "a"
