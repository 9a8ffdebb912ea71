"""Whole rollouts as stories: what administrators do, what happens, and what the controller does.

Each story is played in simulated time with the real passes, and compared with the text of its name
in `stories/`, which a reader can review. After an intended change, run this file once with
WRITE_STORIES=1 in the environment. Played at random, with other orders and durations, the
invariants of `simulated_cluster/invariants.py` hold.
"""

import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from controller.api.machine_config_node import Phase
from tests.unit.reconcile.simulated_cluster import events as e
from tests.unit.reconcile.simulated_cluster.configs import rendered_name
from tests.unit.reconcile.simulated_cluster.machine import DRIFT
from tests.unit.reconcile.simulated_cluster.story import Story

_FOLDER = Path(__file__).parent / "stories"
_HOUR = 3600

Plot = Callable[[Story], None]
PLOTS: list[Plot] = []


def plot(function: Plot) -> Plot:
    """Register a function as a story; its docstring is the title."""
    PLOTS.append(function)
    return function


@plot
def plain_rollout(it: Story) -> None:
    """A rollout of five nodes, two at a time, the oldest first."""
    it.pool("worker", "w-1", "w-2", "w-3", "w-4", "w-5", most=2)
    it.at(10, e.configure("worker", "2.0"))


@plot
def no_reboot_required(it: Story) -> None:
    """A config that needs no disruption neither cordons nor drains."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.configure("worker", "1.1"))


@plot
def bad_config_is_reverted(it: Story) -> None:
    """A bad config stops at maxUnavailable nodes, and reverting it heals them."""
    it.pool("worker", "w-1", "w-2", "w-3", "w-4", "w-5", most=2)
    it.at(0, e.breaks("2.0", Phase.VERIFY))
    it.at(10, e.configure("worker", "2.0"))
    it.at(600, e.configure("worker", "1.0"))


@plot
def bad_config_is_rolled_back(it: Story) -> None:
    """A config that fails before the reboot is rolled back, and the node is uncordoned."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.breaks("2.0", Phase.APPLY))
    it.at(10, e.configure("worker", "2.0"))
    it.at(400, e.configure("worker", "3.0"))


@plot
def bad_config_is_retried(it: Story) -> None:
    """A config that was rolled back is only retried up to the drain, less often each time."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.breaks("2.0", Phase.APPLY))
    it.at(10, e.configure("worker", "2.0"))
    it.at(5000, e.configure("worker", "3.0"))


@plot
def verify_fails_for_hours(it: Story) -> None:
    """A config that fails after the reboot is only verified again, and the node stays cordoned."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.breaks("2.0", Phase.VERIFY))
    it.at(10, e.configure("worker", "2.0"))
    it.at(5000, e.configure("worker", "3.0"))


@plot
def fixed_by_hand(it: Story) -> None:
    """A node that failed in Verify and was fixed by hand is uncordoned."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.breaks("2.0", Phase.VERIFY))
    it.at(10, e.configure("worker", "2.0"))
    it.at(200, e.works("2.0"), e.bring_by_hand("w-1"))


@plot
def replaced_by_hand(it: Story) -> None:
    """A config that has failed does not come back over the one that was applied by hand."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.stops_kubelet("2.0"))
    it.at(10, e.configure("worker", "2.0"))
    it.at(200, e.bring_by_hand("w-1", rendered_name("worker", "1.0")))
    it.at(5000, e.configure("worker", "3.0"))


@plot
def reinstalled_while_cordoned(it: Story) -> None:
    """A node that failed in Verify and is reinstalled is a new node, and uncordoned."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.breaks("2.0", Phase.VERIFY))
    it.at(10, e.configure("worker", "2.0"))
    it.at(200, e.works("2.0"), e.reinstall("w-1"))


@plot
def bad_config_in_a_paused_pool(it: Story) -> None:
    """A node that was rolled back is left alone while its pool is paused."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.breaks("2.0", Phase.APPLY))
    it.at(10, e.configure("worker", "2.0"))
    it.at(100, e.pause("worker"))
    it.at(1200, e.works("2.0"), e.resume("worker"))


@plot
def retry_is_cancelled(it: Story) -> None:
    """A new target cancels the retry of a failed node while it drains."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.breaks("2.0", Phase.APPLY))
    it.at(10, e.configure("worker", "2.0"))
    it.at(200, e.works("2.0"), e.block("w-1", "shop/cart-0", "cart"))
    it.at(355, e.configure("worker", "1.0"))


@plot
def cordon_by_hand(it: Story) -> None:
    """A cordon by hand uses capacity, stays, and does not make the pool Updating."""
    it.pool("worker", "w-1", "w-2", "w-3")
    it.at(10, e.cordon("w-2"))
    it.at(100, e.configure("worker", "2.0"))
    it.at(200, e.max_unavailable("worker", 2))
    it.at(500, e.uncordon("w-2"))


@plot
def drifted_node(it: Story) -> None:
    """A drifted node is not updated, and does not block its pool."""
    it.pool("worker", "w-1", "w-2", "w-3")
    it.at(10, e.drift("w-1"))
    it.at(100, e.configure("worker", "2.0"))
    it.at(600, e.fix("w-1"))


@plot
def deleted_node(it: Story) -> None:
    """A deleted node frees its slot."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.breaks("2.0", Phase.VERIFY, "w-1"))
    it.at(10, e.configure("worker", "2.0"))
    it.at(200, e.delete("w-1"))


@plot
def deleted_while_draining(it: Story) -> None:
    """A node that is deleted in the middle of its update frees its slot at once."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.configure("worker", "2.0"))
    it.at(25, e.delete("w-1"))


@plot
def blocked_drain(it: Story) -> None:
    """A blocked drain keeps capacity but no process, is retried, and names what blocks it."""
    it.controllers(parallel_runs=1)
    it.pool("worker", "w-1", "w-2")
    it.pool("gpu", "g-1")
    it.at(0, e.block("w-1", "shop/cart-0", "cart"))
    it.at(10, e.configure("worker", "2.0"))
    it.at(20, e.configure("gpu", "2.0"))
    it.at(400, e.unblock("w-1"))


@plot
def preflight_fails_after_the_cordon(it: Story) -> None:
    """A cordoned node whose preflight fails is uncordoned."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.block("w-1", "shop/cart-0", "cart"))
    it.at(10, e.configure("worker", "2.0"))
    it.at(60, e.breaks("2.0", Phase.PREFLIGHT))
    it.at(900, e.configure("worker", "1.0"))


@plot
def blocked_drain_is_abandoned(it: Story) -> None:
    """With onBlocked GiveBack a blocked drain is abandoned at once, and the next node goes on."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.set_drain("worker", onBlocked="GiveBack"), e.block("w-1", "shop/cart-0", "cart"))
    it.at(10, e.configure("worker", "2.0"))
    it.at(600, e.unblock("w-1"))


@plot
def drain_times_out(it: Story) -> None:
    """After its timeout a drain is abandoned; the node keeps no slot, and is retried later."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.set_drain("worker", timeout="2m"), e.block("w-1", "shop/cart-0", "cart"))
    it.at(10, e.configure("worker", "2.0"))
    it.at(600, e.unblock("w-1"))


@plot
def drain_times_out_across_a_crash(it: Story) -> None:
    """The timeout counts from the beginning of the drain, whichever process leads."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.set_drain("worker", timeout="2m"), e.block("w-1", "shop/cart-0", "cart"))
    it.at(10, e.configure("worker", "2.0"))
    it.at(100, e.kill())
    it.at(600, e.unblock("w-1"))


@plot
def blocked_nodes_starve_no_others(it: Story) -> None:
    """Two nodes that stay blocked are tried once each; then the other nodes go first."""
    it.pool("worker", "w-1", "w-2", "w-3", "w-4")
    it.at(0, e.set_drain("worker", timeout="6m"))
    it.at(0, e.block("w-1", "shop/cart-0", "cart"), e.block("w-2", "shop/cart-1", "cart"))
    it.at(10, e.configure("worker", "2.0"))
    it.at(1000, e.unblock("w-1"), e.unblock("w-2"))


@plot
def unverified_node_stays_cordoned(it: Story) -> None:
    """A node that failed after its reboot stays cordoned when its next drain is blocked."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.set_drain("worker", onBlocked="GiveBack", timeout="1m"))
    it.at(0, e.breaks("2.0", Phase.VERIFY))
    it.at(10, e.configure("worker", "2.0"))
    it.at(100, e.block("w-1", "shop/cart-0", "cart"), e.configure("worker", "3.0"))
    it.at(400, e.unblock("w-1"))


@plot
def abandoned_drain_and_pause(it: Story) -> None:
    """A node whose drain was abandoned is left alone while its pool is paused."""
    it.pool("worker", "w-1")
    it.at(0, e.set_drain("worker", onBlocked="GiveBack"), e.block("w-1", "shop/cart-0", "cart"))
    it.at(10, e.configure("worker", "2.0"))
    it.at(60, e.pause("worker"))
    it.at(400, e.unblock("w-1"))
    it.at(900, e.resume("worker"))


@plot
def abandoned_drain_and_revert(it: Story) -> None:
    """A node whose drain was abandoned needs no update once the change is reverted."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.set_drain("worker", onBlocked="GiveBack"), e.block("w-1", "shop/cart-0", "cart"))
    it.at(10, e.configure("worker", "2.0"))
    it.at(45, e.configure("worker", "1.0"))


@plot
def new_target_while_draining(it: Story) -> None:
    """A new target during the drain replaces the old one at once."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.configure("worker", "2.0"))
    it.when("w-1", Phase.DRAIN, e.configure("worker", "3.0"))


@plot
def new_target_after_the_apply(it: Story) -> None:
    """A new target after the apply waits until the update is done."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.configure("worker", "2.0"))
    it.when("w-1", Phase.REBOOT, e.configure("worker", "3.0"))


@plot
def reverted_while_draining(it: Story) -> None:
    """A target that is reverted during the drain reboots no node."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.configure("worker", "2.0"))
    it.when("w-1", Phase.DRAIN, e.configure("worker", "1.0"))


@plot
def pause_while_draining(it: Story) -> None:
    """A pause uncordons a node that drains."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.configure("worker", "2.0"))
    it.when("w-1", Phase.DRAIN, e.pause("worker"))
    it.at(300, e.resume("worker"))


@plot
def pause_after_the_apply(it: Story) -> None:
    """A pause lets a node finish after its apply, and starts no other."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.configure("worker", "2.0"))
    it.when("w-1", Phase.APPLY, e.pause("worker"))
    it.at(300, e.resume("worker"))


@plot
def pause_and_kill_after_the_apply(it: Story) -> None:
    """In a paused pool, the next leader finishes the update that a killed one has applied."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.configure("worker", "2.0"))
    it.when("w-1", Phase.REBOOT, e.kill())
    it.at(50, e.pause("worker"))
    it.at(300, e.resume("worker"))


@plot
def percent(it: Story) -> None:
    """Percentages round down: half of five is two."""
    it.pool("worker", "w-1", "w-2", "w-3", "w-4", "w-5", most="50%")
    it.at(10, e.configure("worker", "2.0"))


@plot
def fewer_may_be_down(it: Story) -> None:
    """Where fewer nodes may be down than are, those that are down finish first."""
    it.pool("worker", "w-1", "w-2", "w-3", "w-4", most=3)
    it.at(10, e.configure("worker", "2.0"))
    it.when("w-1", Phase.DRAIN, e.max_unavailable("worker", 1))


@plot
def node_changes_pools(it: Story) -> None:
    """A node that changes pools after its apply finishes first; one that drains does not."""
    it.pool("worker", "w-1", "w-2", most=2)
    it.pool("gpu", "g-1", version="5.0")
    it.at(0, e.slow("w-2", 3))
    it.at(10, e.configure("worker", "2.0"))
    it.when("w-1", Phase.REBOOT, e.label("w-1", "gpu"))
    it.at(44, e.label("w-2", "gpu"))


@plot
def pool_is_deleted(it: Story) -> None:
    """The nodes of a custom pool that is deleted move to worker."""
    it.pool("worker", "w-1", version="2.0")
    it.pool("gpu", "g-1", "g-2", version="2.1")
    it.at(10, e.delete_pool("gpu"))


@plot
def pool_is_deleted_and_all_its_nodes_move(it: Story) -> None:
    """A custom pool is deleted, its nodes move to worker at once, and no warning appears."""
    it.pool("worker", "w-1", version="2.0", most=3)
    it.pool("gpu", "g-1", "g-2", version="2.1")
    it.at(10, e.delete_pool("gpu"))


@plot
def pool_of_the_same_effect_is_deleted(it: Story) -> None:
    """Nodes whose config has the same effect under its new name need no run."""
    it.pool("worker", "w-1", version="2.0")
    it.pool("gpu", "g-1", "g-2", version="2.0")
    it.at(10, e.delete_pool("gpu"))


@plot
def pool_is_deleted_in_the_middle(it: Story) -> None:
    """An update to a config that is deleted with its pool is replaced by the next one."""
    it.pool("worker", "w-1")
    it.pool("gpu", "g-1", "g-2")
    it.at(10, e.configure("gpu", "2.0"))
    it.when("g-1", Phase.REBOOT, e.kill())
    it.at(50, e.delete_pool("gpu"))


@plot
def worker_pool_is_deleted(it: Story) -> None:
    """When a default pool is deleted, updates that have begun are finished, and none begins."""
    it.pool("worker", "w-1", "w-2", "w-3", most=2)
    it.at(0, e.slow("w-2", 3))
    it.at(10, e.configure("worker", "2.0"))
    it.when("w-1", Phase.REBOOT, e.delete_pool("worker"))


@plot
def node_in_two_pools(it: Story) -> None:
    """A node that two custom pools select is in neither: its drain is cancelled."""
    it.pool("worker", "w-1")
    it.pool("gpu", "g-1")
    it.pool("infra", "i-1", "i-2")
    it.at(10, e.configure("infra", "2.0"))
    it.when("i-1", Phase.DRAIN, e.label("i-1", "gpu"))
    it.at(400, e.unlabel("i-1", "gpu"))


@plot
def node_registers_again(it: Story) -> None:
    """A Node that is registered again is a new one, and the result of its old run is dropped."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.configure("worker", "2.0"))
    it.when("w-1", Phase.DRAIN, e.register_again("w-1"))


@plot
def node_registers_again_before_its_cordon(it: Story) -> None:
    """The run for the Node before does not cordon the new one, as an administrator would."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.configure("worker", "2.0"))
    it.at(14, e.register_again("w-1"))


@plot
def another_machine_under_the_name(it: Story) -> None:
    """Another machine under the name of a node in an update is a new node."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.configure("worker", "2.0"))
    it.when("w-1", Phase.REBOOT, e.add("w-1"))


@plot
def new_node(it: Story) -> None:
    """A new node is updated when there is room for it."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.configure("worker", "2.0"))
    it.at(15, e.add("w-3"))


@plot
def new_node_is_paused_in_preflight(it: Story) -> None:
    """A new node that is not cordoned yet waits while its pool is paused."""
    it.pool("worker", "w-1")
    it.at(10, e.add("w-2"), e.slow("w-2", 5))
    it.when("w-2", Phase.PREFLIGHT, e.pause("worker"))
    it.at(300, e.resume("worker"))


@plot
def new_node_loses_its_pool_in_preflight(it: Story) -> None:
    """A new node that is not cordoned yet waits while it is in no pool."""
    it.pool("worker", "w-1")
    it.at(10, e.add("w-2"), e.slow("w-2", 5))
    it.when("w-2", Phase.PREFLIGHT, e.delete_pool("worker"))
    it.at(300, e.create_pool("worker"))


@plot
def new_node_is_paused_while_draining(it: Story) -> None:
    """A new node that drains has no config to return to, and finishes in a paused pool."""
    it.pool("worker", "w-1")
    it.at(10, e.add("w-2"))
    it.when("w-2", Phase.DRAIN, e.pause("worker"))
    it.at(300, e.resume("worker"))


@plot
def control_plane(it: Story) -> None:
    """The control plane is updated one by one, and only while etcd is healthy on the others."""
    it.pool("master", "c-1", "c-2", "c-3", most=3)
    it.at(5, e.fail_pods("c-2", "etcd"))
    it.at(10, e.configure("master", "2.0"))
    it.at(200, e.fail_pods("c-2"))


@plot
def control_plane_node_is_missing(it: Story) -> None:
    """A control plane node that was deleted counts as down until its removal is said."""
    it.pool("master", "c-1", "c-2", "c-3")
    it.at(5, e.delete("c-3"))
    it.at(10, e.configure("master", "2.0"))
    it.at(600, e.describe_control_plane(nodes=2))


@plot
def control_plane_node_disappears_in_a_drain(it: Story) -> None:
    """A node that still drains goes no further when another control plane node is lost."""
    it.pool("master", "c-1", "c-2", "c-3")
    it.at(0, e.block("c-1", "shop/cart-0", "cart"))
    it.at(10, e.configure("master", "2.0"))
    it.at(60, e.unready("c-2"))
    it.at(120, e.unblock("c-1"))
    it.at(600, e.ready("c-2"))


@plot
def one_control_plane_node(it: Story) -> None:
    """A single control plane node has nothing to wait for."""
    it.pool("master", "c-1")
    it.at(0, e.hide_etcd("c-1"))
    it.at(10, e.configure("master", "2.0"))


@plot
def two_control_plane_nodes(it: Story) -> None:
    """Of two control plane nodes one is updated only while the other is healthy."""
    it.pool("master", "c-1", "c-2")
    it.at(5, e.fail_pods("c-2", "kube-apiserver"))
    it.at(10, e.configure("master", "2.0"))
    it.at(600, e.fail_pods("c-2"))


@plot
def etcd_is_not_seen(it: Story) -> None:
    """While no etcd is seen the control plane waits, until it is said where etcd runs."""
    it.pool("master", "c-1", "c-2", "c-3")
    it.at(0, *map(e.hide_etcd, ("c-1", "c-2", "c-3")))
    it.at(10, e.configure("master", "2.0"))
    it.at(600, e.describe_control_plane(etcd="External"))


@plot
def control_plane_node_passes_once(it: Story) -> None:
    """A user takes the risk for one node beside a lost one, and for its next update no more."""
    it.pool("master", "c-1", "c-2", "c-3")
    it.at(5, e.unready("c-2"), e.unreachable("c-2"))
    it.at(10, e.configure("master", "2.0"))
    it.at(300, e.take_risk("c-1"))
    it.at(600, e.configure("master", "3.0"))
    it.at(900, e.ready("c-2"), e.reachable("c-2"))


@plot
def etcd_starts_late_after_the_reboot(it: Story) -> None:
    """A node that is Done after a reboot counts once its static pods have started again."""
    it.pool("master", "c-1", "c-2", "c-3")
    it.at(0, e.keep_old_pods("c-1"))
    it.at(10, e.configure("master", "2.0"))
    it.at(300, e.show_new_pods("c-1"))


@plot
def controllers_own_node(it: Story) -> None:
    """The leader's own node is updated last, after a standby has become the leader."""
    it.pool("worker", "w-1", "w-2", "w-3", most=2)
    it.controllers("w-1", "w-2")
    it.at(10, e.configure("worker", "2.0"))


@plot
def controllers_on_nodes_of_two_pools(it: Story) -> None:
    """Two replicas do not step down for each other again and again because of their own nodes."""
    it.pool("worker", "w-1")
    it.pool("gpu", "g-1")
    it.controllers("g-1", "w-1")
    it.at(10, e.configure("worker", "2.0"), e.configure("gpu", "2.0"))


@plot
def standby_that_does_not_lead(it: Story) -> None:
    """The leader steps down only once for a standby that does not acquire the Lease."""
    it.pool("worker", "w-1", "w-2")
    it.controllers("w-1", "w-2")
    it.at(0, e.never_lead("w-2"))
    it.at(10, e.configure("worker", "2.0"))


@plot
def lease_is_lost_in_an_update(it: Story) -> None:
    """A leader that loses the Lease ends its runs, and the next leader resumes the update."""
    it.pool("worker", "w-1", "w-2", "w-3")
    it.controllers("w-2", "w-3")
    it.at(10, e.configure("worker", "2.0"))
    it.when("w-1", Phase.DRAIN, e.lose_lease())


@plot
def lease_is_lost_in_a_pass(it: Story) -> None:
    """A pass that loses the Lease changes no more nodes, and the next leader does the rest."""
    it.pool("worker", "w-1", "w-2", "w-3", "w-4", most=3)
    it.controllers("w-4", "w-3")
    it.at(5, e.lose_lease_at_write("w-2"))
    it.at(10, e.configure("worker", "2.0"))


@plot
def target_cannot_be_written(it: Story) -> None:
    """A node whose target cannot be written leaves its slot to another, and is retried."""
    it.pool("worker", "w-1", "w-2")
    it.at(5, e.refuse_writes("w-1"))
    it.at(10, e.configure("worker", "2.0"))
    it.at(200, e.accept_writes("w-1"))


@plot
def result_cannot_be_written(it: Story) -> None:
    """The result of a run is kept until it can be written; until then no other node is updated."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.configure("worker", "2.0"))
    it.when("w-1", Phase.REBOOT, e.refuse_writes("w-1"))
    it.at(200, e.accept_writes("w-1"))


@plot
def api_server_is_unavailable(it: Story) -> None:
    """Without the API server the leader ends its runs; they are resumed when it is back."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.configure("worker", "2.0"))
    it.when("w-1", Phase.DRAIN, e.api_server_fails())
    it.at(200, e.api_server_returns())


@plot
def recover_after_a_failure(it: Story) -> None:
    """A request to recover retries a failed node at once, and only once."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.breaks("2.0", Phase.APPLY))
    it.at(10, e.configure("worker", "2.0"))
    it.at(100, e.works("2.0"), e.recover("w-1"))


@plot
def recover_of_an_updated_node(it: Story) -> None:
    """A request to recover runs the update of a node again, though nothing differs."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.recover("w-1"))


@plot
def fair_shares(it: Story) -> None:
    """Where more nodes wait than runs are free, two pools share them fairly."""
    it.pool("worker", "w-1", "w-2", "w-3", "w-4", most=4)
    it.pool("gpu", "g-1", "g-2", version="1.1", most=2)
    it.controllers(parallel_runs=2)
    it.at(10, e.configure("worker", "2.0"), e.configure("gpu", "2.0"))


@plot
def killed_at_each_phase(it: Story) -> None:
    """A controller that is killed in each phase resumes there, and reboots no node twice."""
    it.pool("worker", "w-1", "w-2", "w-3")
    it.at(10, e.configure("worker", "2.0"))
    for phase in Phase:
        it.when("w-1", phase, e.kill())
    it.when("w-2", Phase.DRAIN, e.kill())
    it.when("w-2", Phase.VERIFY, e.kill())
    it.when("w-3", Phase.UNCORDON, e.kill())


@plot
def held_node(it: Story) -> None:
    """A held node is left alone, even in the middle of its update."""
    it.pool("worker", "w-1", "w-2", "w-3", most=2)
    it.at(5, e.hold("w-1"))
    it.at(10, e.configure("worker", "2.0"))
    it.when("w-2", Phase.REBOOT, e.hold("w-2"))
    it.at(400, e.release("w-1"))


@plot
def unreachable_node(it: Story) -> None:
    """An unreachable node keeps its slot, and is retried after a growing back-off."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.configure("worker", "2.0"))
    it.when("w-1", Phase.REBOOT, e.unreachable("w-1"))
    it.at(300, e.reachable("w-1"))


@plot
def not_ready_node(it: Story) -> None:
    """A node that comes back within a minute uses capacity until then, and waits for its turn."""
    it.pool("worker", "w-1", "w-2")
    it.at(5, e.unready("w-2"))
    it.at(10, e.configure("worker", "2.0"))
    it.at(50, e.ready("w-2"))


@plot
def node_that_is_down_comes_first(it: Story) -> None:
    """A node that is down anyway is updated first, takes no further slot, and is healed by it."""
    it.pool("worker", "w-1", "w-2", "w-3")
    it.at(5, e.stops_kubelet("1.0", "w-2"))
    it.at(100, e.configure("worker", "2.0"))


@plot
def node_comes_back_before_its_update(it: Story) -> None:
    """A node that is Ready again before its run shows as any other what the config does to it."""
    it.controllers(parallel_runs=1)
    it.pool("worker", "w-1", "w-2", "w-3", "w-4", "w-5", most=3)
    it.at(0, e.stops_kubelet("2.0", "w-2"))
    it.at(5, e.unready("w-1"), e.unready("w-2"))
    it.at(100, e.configure("worker", "2.0"))
    it.at(120, e.ready("w-1"), e.ready("w-2"))
    it.at(2000, e.configure("worker", "3.0"))


@plot
def most_nodes_are_down(it: Story) -> None:
    """Where most nodes are not Ready at once, one is tried at a time: the cause may be outside."""
    nodes = ("w-1", "w-2", "w-3", "w-4", "w-5")
    it.pool("worker", *nodes)
    it.at(5, *map(e.unready, nodes))
    it.at(100, e.configure("worker", "2.0"))
    it.at(200, *map(e.ready, nodes))


@plot
def several_nodes_are_down(it: Story) -> None:
    """Nodes that are down anyway are updated at the same time, and the healthy ones after them."""
    it.pool("worker", "w-1", "w-2", "w-3", "w-4")
    it.at(5, e.stops_kubelet("1.0", "w-2", "w-3"))
    it.at(100, e.configure("worker", "2.0"))


@plot
def control_plane_nodes_are_down(it: Story) -> None:
    """Of the control plane, one that is down waits for the others, and is updated before them."""
    it.pool("master", "c-1", "c-2", "c-3")
    it.at(5, e.unready("c-2"), e.stops_kubelet("1.0", "c-3"))
    it.at(100, e.configure("master", "2.0"))
    it.at(600, e.ready("c-2"))


@plot
def node_stays_down(it: Story) -> None:
    """A node that was down before says nothing about the target; it keeps the slot that it uses."""
    it.pool("worker", "w-1", "w-2", "w-3", most=2)
    it.at(5, e.unready("w-1"))
    it.at(100, e.configure("worker", "2.0"))
    it.at(1000, e.ready("w-1"))


@plot
def node_is_switched_off(it: Story) -> None:
    """A node that is switched off is tried with a back-off, and updated when it is back."""
    it.pool("worker", "w-1", "w-2", "w-3", most=2)
    it.at(5, e.unready("w-1"), e.unreachable("w-1"))
    it.at(100, e.configure("worker", "2.0"))
    it.at(2000, e.reachable("w-1"), e.ready("w-1"))


@plot
def only_ssh_is_down(it: Story) -> None:
    """A node in service that cannot be reached lets the others go first."""
    it.pool("worker", "w-1", "w-2", "w-3")
    it.at(5, e.unreachable("w-1"))
    it.at(10, e.configure("worker", "2.0"))
    it.at(1000, e.reachable("w-1"))


@plot
def config_stops_kubelets(it: Story) -> None:
    """A config that stops kubelets gets to no node once a healthy one has gone down with it."""
    it.pool("worker", "w-1", "w-2", "w-3", "w-4", "w-5", most=2)
    it.at(0, e.stops_kubelet("2.0"), e.stops_kubelet("1.0", "w-5"))
    it.at(100, e.configure("worker", "2.0"))
    it.at(250, e.max_unavailable("worker", 5))
    it.at(280, e.stops_kubelet("1.0", "w-4"))
    it.at(1000, e.configure("worker", "3.0"))


@plot
def others_go_on_without_a_held_node(it: Story) -> None:
    """A node that the target has brought down is held, so that the others go on."""
    it.pool("worker", "w-1", "w-2", "w-3", most=2)
    it.at(0, e.stops_kubelet("2.0", "w-1"))
    it.at(10, e.configure("worker", "2.0"))
    it.at(300, e.hold("w-1"))
    it.at(1000, e.configure("worker", "3.0"), e.release("w-1"))


@plot
def new_target_for_an_update_that_cannot_finish(it: Story) -> None:
    """A node that has applied a config and does not answer gets a newer one, with one reboot."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.configure("worker", "2.0"))
    it.when("w-1", Phase.APPLY, e.unreachable("w-1"))
    it.at(200, e.configure("worker", "3.0"))
    it.at(300, e.reachable("w-1"))


@plot
def drift_has_stopped_the_kubelet(it: Story) -> None:
    """A request to recover heals a node that is not Ready because of its drift."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.stops_kubelet(DRIFT, "w-1"))
    it.at(10, e.drift("w-1"))
    it.at(200, e.recover("w-1"))


@plot
def new_node_needs_its_config(it: Story) -> None:
    """A new node that is not Ready without its config gets it."""
    it.pool("worker", "w-1")
    it.at(10, e.add("w-2", needs_config=True))


@plot
def cannot_be_rendered(it: Story) -> None:
    """A MachineConfig that cannot be rendered leaves the target as it is, also for new nodes."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.configure("worker", "broken"))
    it.at(20, e.add("w-3"))
    it.at(300, e.configure("worker", "2.0"))


def _played(plot: Plot, chance: Random | None = None) -> Story:
    story = Story(chance)
    plot(story)
    story.play(until=2 * _HOUR)
    story.invariants.ended()
    return story


def _absence(story: Story, phase: Phase) -> None:
    """Let the controller end in a phase, and start again after the watchdog's time."""
    story.pool("worker", "w-1", "w-2")
    story.at(10, e.configure("worker", "2.0"))
    story.when("w-1", phase, e.go_away())
    story.at(2000, e.come_back())


@plot
def away_while_draining(it: Story) -> None:
    """A controller that was away during a drain resumes it: nothing was applied."""
    _absence(it, Phase.DRAIN)


@plot
def away_after_the_apply(it: Story) -> None:
    """A node that rolls back before its reboot, since the controller is away, gets it again."""
    _absence(it, Phase.APPLY)


@plot
def away_during_the_reboot(it: Story) -> None:
    """A node that rolls back after its reboot, since the controller is away, gets it again."""
    _absence(it, Phase.REBOOT)


@plot
def away_again_and_again(it: Story) -> None:
    """A node that is left alone again and again waits longer each time, uncordoned."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.configure("worker", "2.0"))
    for start in (60, 1600, 3450):
        it.at(start, e.go_away())
        it.at(start + 1500, e.come_back())


@plot
def recover_while_a_config_waits(it: Story) -> None:
    """A person's request ends the pause after which an unconfirmed config is applied again."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.configure("worker", "2.0"))
    for start in (60, 1600):
        it.at(start, e.go_away())
        it.at(start + 1500, e.come_back())
    it.at(3150, e.recover("w-1"))


@plot
def away_while_a_node_is_healed(it: Story) -> None:
    """A node that rolls back to the config that broke it is given the good one again."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.breaks("2.0", Phase.VERIFY))
    it.at(10, e.configure("worker", "2.0"))
    it.at(400, e.configure("worker", "3.0"))
    it.at(440, e.go_away())
    it.at(2000, e.come_back())


@plot
def api_server_is_away_in_an_update(it: Story) -> None:
    """An API server that is away for longer than the watchdog waits is no lock-out."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.configure("worker", "2.0"))
    it.when("w-1", Phase.REBOOT, e.api_server_fails())
    it.at(2000, e.api_server_returns())


@plot
def network_is_away_in_an_update(it: Story) -> None:
    """A controller that hears of no node at all while its logins fail is cut off itself."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.configure("worker", "2.0"))
    it.at(50, *(event(node) for node in ("w-1", "w-2") for event in (e.unreachable, e.unready)))
    it.at(2000, *(event(node) for node in ("w-1", "w-2") for event in (e.reachable, e.ready)))


@plot
def lock_out(it: Story) -> None:
    """A config that locks out the controller is tried on one node, and again only by recover."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.locks_out("2.0"))
    it.at(10, e.configure("worker", "2.0"))
    it.at(4000, e.recover("w-1"))
    it.at(6500, e.configure("worker", "3.0"))


@plot
def everything_loses_power(it: Story) -> None:
    """Machines, API server and controller lose power in a rollout, for longer than any timer."""
    it.pool("worker", "w-1", "w-2", "w-3", most=2)
    it.at(10, e.configure("worker", "2.0"))
    it.at(40, e.lose_power(3000))
    it.at(3060, e.api_server_returns(), e.come_back())


@pytest.mark.parametrize("story", PLOTS, ids=lambda each: each.__name__)
def test_a_story_is_played_as_it_is_written(story: Plot) -> None:
    file = _FOLDER / f"{story.__name__}.txt"
    text = f"{story.__doc__}\n\n{_played(story)}"

    if os.environ.get("WRITE_STORIES"):
        file.write_text(text)
    assert text == file.read_text()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("story", PLOTS, ids=lambda each: each.__name__)
def test_the_invariants_hold_in_any_order_and_pace(story: Plot, seed: int) -> None:
    _played(story, Random(seed))  # noqa: S311 - to be repeated


def test_every_function_that_takes_a_story_is_played() -> None:
    functions = inspect.getmembers(sys.modules[__name__], inspect.isfunction)
    written = {each for _, each in functions if "it" in inspect.signature(each).parameters}
    assert written == set(PLOTS)


def test_every_text_belongs_to_a_story() -> None:
    assert {file.stem for file in _FOLDER.iterdir()} == {story.__name__ for story in PLOTS}
