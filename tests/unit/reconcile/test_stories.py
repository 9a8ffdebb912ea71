"""Whole rollouts as stories: what administrators and machines do, and what the system makes of it.

Each is played in simulated time against simulated nodes, and compared word by word with the text of
its name in `stories/`, where it can be read and reviewed. After a change that is meant,
`WRITE_STORIES=1 pytest tests/unit/reconcile/test_stories.py` writes them anew. Played by chance,
where everything takes another while, what must hold holds: see `simulated_cluster/invariants.py`.
"""

import os
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from controller.api.machine_config_node import Phase
from tests.unit.reconcile.simulated_cluster import events as e
from tests.unit.reconcile.simulated_cluster.story import Story

_FOLDER = Path(__file__).parent / "stories"
_HOUR = 3600

Plot = Callable[[Story], None]
PLOTS: list[Plot] = []


def plot(function: Plot) -> Plot:
    """Take the function, whose docstring is its title, for a story."""
    PLOTS.append(function)
    return function


@plot
def plain_rollout(it: Story) -> None:
    """A rollout of five nodes, two at a time, the oldest first."""
    it.pool("worker", "w-1", "w-2", "w-3", "w-4", "w-5", most=2)
    it.at(10, e.wants("worker", "2.0"))


@plot
def no_reboot_where_none_is_asked_for(it: Story) -> None:
    """A config that asks for no disruption neither cordons nor drains."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.wants("worker", "1.1"))


@plot
def bad_config_is_reverted(it: Story) -> None:
    """A bad config stops at maxUnavailable nodes, and reverting it heals them."""
    it.pool("worker", "w-1", "w-2", "w-3", "w-4", "w-5", most=2)
    it.at(0, e.breaks("2.0", Phase.VERIFY))
    it.at(10, e.wants("worker", "2.0"))
    it.at(600, e.wants("worker", "1.0"))


@plot
def bad_config_is_put_back(it: Story) -> None:
    """A config that fails before the reboot is put back, and the node takes pods again."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.breaks("2.0", Phase.APPLY))
    it.at(10, e.wants("worker", "2.0"))
    it.at(400, e.wants("worker", "3.0"))


@plot
def bad_config_that_nobody_changes(it: Story) -> None:
    """A config that fails after the drain is only checked again, less often each time."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.breaks("2.0", Phase.APPLY))
    it.at(10, e.wants("worker", "2.0"))
    it.at(5000, e.wants("worker", "3.0"))


@plot
def verify_fails_for_hours(it: Story) -> None:
    """A config that cannot be verified after its reboot is only verified again, cordoned."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.breaks("2.0", Phase.VERIFY))
    it.at(10, e.wants("worker", "2.0"))
    it.at(5000, e.wants("worker", "3.0"))


@plot
def repaired_by_hand(it: Story) -> None:
    """A node that failed in Verify and that a person has put right is uncordoned."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.breaks("2.0", Phase.VERIFY))
    it.at(10, e.wants("worker", "2.0"))
    it.at(200, e.works("2.0"), e.bring_by_hand("w-1"))


@plot
def installed_anew_while_cordoned(it: Story) -> None:
    """A node that failed in Verify and is installed anew is a new node, and uncordoned."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.breaks("2.0", Phase.VERIFY))
    it.at(10, e.wants("worker", "2.0"))
    it.at(200, e.works("2.0"), e.reinstall("w-1"))


@plot
def bad_config_in_a_paused_pool(it: Story) -> None:
    """A node that was put back is left as it is while its pool is paused."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.breaks("2.0", Phase.APPLY))
    it.at(10, e.wants("worker", "2.0"))
    it.at(100, e.pause("worker"))
    it.at(1200, e.works("2.0"), e.resume("worker"))


@plot
def retry_is_taken_back(it: Story) -> None:
    """A node that failed and drains to be tried again is taken back by a new target."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.breaks("2.0", Phase.APPLY))
    it.at(10, e.wants("worker", "2.0"))
    it.at(200, e.works("2.0"), e.block("w-1", "shop/cart-0", "cart"))
    it.at(355, e.wants("worker", "1.0"))


@plot
def cordon_by_hand(it: Story) -> None:
    """A cordon by hand uses capacity, stays, and does not make the pool look busy."""
    it.pool("worker", "w-1", "w-2", "w-3")
    it.at(10, e.cordon("w-2"))
    it.at(100, e.wants("worker", "2.0"))
    it.at(200, e.max_unavailable("worker", 2))
    it.at(500, e.uncordon("w-2"))


@plot
def drifted_node(it: Story) -> None:
    """A drifted node is not updated, and does not block its pool."""
    it.pool("worker", "w-1", "w-2", "w-3")
    it.at(10, e.drift("w-1"))
    it.at(100, e.wants("worker", "2.0"))
    it.at(600, e.fix("w-1"))


@plot
def deleted_node(it: Story) -> None:
    """A deleted node frees its slot."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.breaks("2.0", Phase.VERIFY, "w-1"))
    it.at(10, e.wants("worker", "2.0"))
    it.at(200, e.delete("w-1"))


@plot
def deleted_while_it_drains(it: Story) -> None:
    """A node that is deleted in the middle of its update frees its slot at once."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.wants("worker", "2.0"))
    it.at(25, e.delete("w-1"))


@plot
def blocked_drain(it: Story) -> None:
    """A blocked drain keeps capacity but no process, is tried again, and names what blocks it."""
    it.controllers(parallel_runs=1)
    it.pool("worker", "w-1", "w-2")
    it.pool("gpu", "g-1")
    it.at(0, e.block("w-1", "shop/cart-0", "cart"))
    it.at(10, e.wants("worker", "2.0"))
    it.at(20, e.wants("gpu", "2.0"))
    it.at(400, e.unblock("w-1"))


@plot
def preflight_fails_after_the_cordon(it: Story) -> None:
    """A node that is cordoned and cannot be changed after all takes pods again."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.block("w-1", "shop/cart-0", "cart"))
    it.at(10, e.wants("worker", "2.0"))
    it.at(60, e.breaks("2.0", Phase.PREFLIGHT))
    it.at(900, e.wants("worker", "1.0"))


@plot
def drain_gives_back(it: Story) -> None:
    """A drain that is to wait for nobody gives the node back at once, and the next one goes on."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.drains("worker", onBlocked="GiveBack"), e.block("w-1", "shop/cart-0", "cart"))
    it.at(10, e.wants("worker", "2.0"))
    it.at(600, e.unblock("w-1"))


@plot
def drain_takes_too_long(it: Story) -> None:
    """After its timeout a node is given back, rests without a slot, and is tried again."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.drains("worker", timeout="2m"), e.block("w-1", "shop/cart-0", "cart"))
    it.at(10, e.wants("worker", "2.0"))
    it.at(600, e.unblock("w-1"))


@plot
def drain_takes_too_long_across_a_crash(it: Story) -> None:
    """The timeout counts from the beginning of the drain, whoever leads meanwhile."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.drains("worker", timeout="2m"), e.block("w-1", "shop/cart-0", "cart"))
    it.at(10, e.wants("worker", "2.0"))
    it.at(100, e.kill())
    it.at(600, e.unblock("w-1"))


@plot
def blocked_nodes_starve_nobody(it: Story) -> None:
    """Two nodes that stay blocked are tried once each; then those that are well go first."""
    it.pool("worker", "w-1", "w-2", "w-3", "w-4")
    it.at(0, e.drains("worker", timeout="6m"))
    it.at(0, e.block("w-1", "shop/cart-0", "cart"), e.block("w-2", "shop/cart-1", "cart"))
    it.at(10, e.wants("worker", "2.0"))
    it.at(1000, e.unblock("w-1"), e.unblock("w-2"))


@plot
def unproven_node_is_not_given_back(it: Story) -> None:
    """A node that failed after its reboot stays cordoned when its next drain is blocked."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.drains("worker", onBlocked="GiveBack", timeout="1m"))
    it.at(0, e.breaks("2.0", Phase.VERIFY))
    it.at(10, e.wants("worker", "2.0"))
    it.at(100, e.block("w-1", "shop/cart-0", "cart"), e.wants("worker", "3.0"))
    it.at(400, e.unblock("w-1"))


@plot
def given_back_and_paused(it: Story) -> None:
    """A node that was given back stays as it is while its pool is paused."""
    it.pool("worker", "w-1")
    it.at(0, e.drains("worker", onBlocked="GiveBack"), e.block("w-1", "shop/cart-0", "cart"))
    it.at(10, e.wants("worker", "2.0"))
    it.at(60, e.pause("worker"))
    it.at(400, e.unblock("w-1"))
    it.at(900, e.resume("worker"))


@plot
def given_back_and_reverted(it: Story) -> None:
    """A node that was given back needs nothing once the change is taken back."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.drains("worker", onBlocked="GiveBack"), e.block("w-1", "shop/cart-0", "cart"))
    it.at(10, e.wants("worker", "2.0"))
    it.at(45, e.wants("worker", "1.0"))


@plot
def new_target_while_draining(it: Story) -> None:
    """A new target during the drain is taken at once."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.wants("worker", "2.0"))
    it.when("w-1", Phase.DRAIN, e.wants("worker", "3.0"))


@plot
def new_target_after_the_apply(it: Story) -> None:
    """A new target after the apply is taken when the first is done."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.wants("worker", "2.0"))
    it.when("w-1", Phase.REBOOT, e.wants("worker", "3.0"))


@plot
def reverted_while_draining(it: Story) -> None:
    """A target that is taken back during the drain reboots nobody."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.wants("worker", "2.0"))
    it.when("w-1", Phase.DRAIN, e.wants("worker", "1.0"))


@plot
def pause_while_draining(it: Story) -> None:
    """A pause takes a node that drains back to uncordoned."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.wants("worker", "2.0"))
    it.when("w-1", Phase.DRAIN, e.pause("worker"))
    it.at(300, e.resume("worker"))


@plot
def pause_after_the_apply(it: Story) -> None:
    """A pause lets a node that was applied to come to its end, and starts no other."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.wants("worker", "2.0"))
    it.when("w-1", Phase.APPLY, e.pause("worker"))
    it.at(300, e.resume("worker"))


@plot
def pause_and_kill_after_the_apply(it: Story) -> None:
    """A controller that follows one which was killed brings to its end what was applied."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.wants("worker", "2.0"))
    it.when("w-1", Phase.REBOOT, e.kill())
    it.at(50, e.pause("worker"))
    it.at(300, e.resume("worker"))


@plot
def percent(it: Story) -> None:
    """Percent round down: half of five is two."""
    it.pool("worker", "w-1", "w-2", "w-3", "w-4", "w-5", most="50%")
    it.at(10, e.wants("worker", "2.0"))


@plot
def fewer_may_be_down(it: Story) -> None:
    """Where fewer may be down than are, those that are come to their end first."""
    it.pool("worker", "w-1", "w-2", "w-3", "w-4", most=3)
    it.at(10, e.wants("worker", "2.0"))
    it.when("w-1", Phase.DRAIN, e.max_unavailable("worker", 1))


@plot
def node_changes_pools(it: Story) -> None:
    """A node that changes pools after the apply finishes first; one that drains does not."""
    it.pool("worker", "w-1", "w-2", most=2)
    it.pool("gpu", "g-1", version="5.0")
    it.at(0, e.slow("w-2", 3))
    it.at(10, e.wants("worker", "2.0"))
    it.when("w-1", Phase.REBOOT, e.label("w-1", "gpu"))
    it.at(44, e.label("w-2", "gpu"))


@plot
def pool_is_deleted(it: Story) -> None:
    """The nodes of a custom pool that is deleted move to worker."""
    it.pool("worker", "w-1", version="2.0")
    it.pool("gpu", "g-1", "g-2", version="2.1")
    it.at(10, e.delete_pool("gpu"))


@plot
def pool_of_the_same_effect_is_deleted(it: Story) -> None:
    """Nodes whose config does the same under its new name need no run."""
    it.pool("worker", "w-1", version="2.0")
    it.pool("gpu", "g-1", "g-2", version="2.0")
    it.at(10, e.delete_pool("gpu"))


@plot
def pool_is_deleted_in_the_middle(it: Story) -> None:
    """A config that is gone with its pool cannot be finished; the node takes the next one."""
    it.pool("worker", "w-1")
    it.pool("gpu", "g-1", "g-2")
    it.at(10, e.wants("gpu", "2.0"))
    it.when("g-1", Phase.REBOOT, e.kill())
    it.at(50, e.delete_pool("gpu"))


@plot
def worker_pool_is_deleted(it: Story) -> None:
    """When a default pool is deleted, what was begun is finished and nobody else is touched."""
    it.pool("worker", "w-1", "w-2", "w-3", most=2)
    it.at(0, e.slow("w-2", 3))
    it.at(10, e.wants("worker", "2.0"))
    it.when("w-1", Phase.REBOOT, e.delete_pool("worker"))


@plot
def node_in_two_pools(it: Story) -> None:
    """A node that two custom pools select is in none: its drain is taken back."""
    it.pool("worker", "w-1")
    it.pool("gpu", "g-1")
    it.pool("infra", "i-1", "i-2")
    it.at(10, e.wants("infra", "2.0"))
    it.when("i-1", Phase.DRAIN, e.label("i-1", "gpu"))
    it.at(400, e.unlabel("i-1", "gpu"))


@plot
def node_registers_again(it: Story) -> None:
    """A node that comes back under its name is a new one, and what its run came to is not its."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.wants("worker", "2.0"))
    it.when("w-1", Phase.DRAIN, e.register_again("w-1"))


@plot
def another_machine_under_the_name(it: Story) -> None:
    """Another machine under the name of one in an update is adopted from the beginning."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.wants("worker", "2.0"))
    it.when("w-1", Phase.REBOOT, e.add("w-1"))


@plot
def new_node(it: Story) -> None:
    """A new node is adopted when there is room for it."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.wants("worker", "2.0"))
    it.at(15, e.add("w-3"))


@plot
def new_node_is_paused_in_preflight(it: Story) -> None:
    """A new node that is not cordoned yet waits while its pool is paused."""
    it.pool("worker", "w-1")
    it.at(10, e.add("w-2"), e.slow("w-2", 5))
    it.when("w-2", Phase.PREFLIGHT, e.pause("worker"))
    it.at(300, e.resume("worker"))


@plot
def new_node_is_paused_while_draining(it: Story) -> None:
    """A new node that drains has no config to return to, and finishes in a paused pool."""
    it.pool("worker", "w-1")
    it.at(10, e.add("w-2"))
    it.when("w-2", Phase.DRAIN, e.pause("worker"))
    it.at(300, e.resume("worker"))


@plot
def control_plane(it: Story) -> None:
    """The control plane goes one at a time, and only while etcd is healthy on the others."""
    it.pool("master", "c-1", "c-2", "c-3", most=3)
    it.at(5, e.fail_pods("c-2", "etcd"))
    it.at(10, e.wants("master", "2.0"))
    it.at(200, e.fail_pods("c-2"))


@plot
def controllers_own_node(it: Story) -> None:
    """The controller's own node is the last, after another replica has taken over."""
    it.pool("worker", "w-1", "w-2", "w-3", most=2)
    it.controllers("w-1", "w-2")
    it.at(10, e.wants("worker", "2.0"))


@plot
def controllers_on_nodes_of_two_pools(it: Story) -> None:
    """Two replicas of the controller do not hand over to and fro for the sake of their nodes."""
    it.pool("worker", "w-1")
    it.pool("gpu", "g-1")
    it.controllers("g-1", "w-1")
    it.at(10, e.wants("worker", "2.0"), e.wants("gpu", "2.0"))


@plot
def standby_that_does_not_lead(it: Story) -> None:
    """A replica that is ready and does not take the Lease is given it once, not for ever."""
    it.pool("worker", "w-1", "w-2")
    it.controllers("w-1", "w-2")
    it.at(0, e.never_lead("w-2"))
    it.at(10, e.wants("worker", "2.0"))


@plot
def lease_is_lost_in_an_update(it: Story) -> None:
    """A leader that loses the Lease ends its runs, and the next leader resumes the update."""
    it.pool("worker", "w-1", "w-2", "w-3")
    it.controllers("w-2", "w-3")
    it.at(10, e.wants("worker", "2.0"))
    it.when("w-1", Phase.DRAIN, e.lose_lease())


@plot
def lease_is_lost_in_a_pass(it: Story) -> None:
    """A pass that loses the Lease writes nothing more, and the next leader does the rest."""
    it.pool("worker", "w-1", "w-2", "w-3", "w-4", most=3)
    it.controllers("w-4", "w-3")
    it.at(5, e.lose_lease_at_write("w-2"))
    it.at(10, e.wants("worker", "2.0"))


@plot
def target_cannot_be_written(it: Story) -> None:
    """A node whose target cannot be written leaves its slot to another, and is tried again."""
    it.pool("worker", "w-1", "w-2")
    it.at(5, e.refuse_writes("w-1"))
    it.at(10, e.wants("worker", "2.0"))
    it.at(200, e.accept_writes("w-1"))


@plot
def result_cannot_be_written(it: Story) -> None:
    """The result of a run is kept until it can be written; until then no other node is updated."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.wants("worker", "2.0"))
    it.when("w-1", Phase.REBOOT, e.refuse_writes("w-1"))
    it.at(200, e.accept_writes("w-1"))


@plot
def api_server_is_unavailable(it: Story) -> None:
    """Without the API server the leader ends its runs; they are resumed when it is back."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.wants("worker", "2.0"))
    it.when("w-1", Phase.DRAIN, e.api_server_fails())
    it.at(200, e.api_server_returns())


@plot
def recover_after_a_failure(it: Story) -> None:
    """A request to recover tries a failed node again at once, and is answered once."""
    it.pool("worker", "w-1", "w-2")
    it.at(0, e.breaks("2.0", Phase.APPLY))
    it.at(10, e.wants("worker", "2.0"))
    it.at(100, e.works("2.0"), e.recover("w-1"))


@plot
def recover_of_an_updated_node(it: Story) -> None:
    """A request to recover brings a node to its target once more, though nothing differs."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.recover("w-1"))


@plot
def fair_shares(it: Story) -> None:
    """Where more nodes wait than runs are free, two pools share them fairly."""
    it.pool("worker", "w-1", "w-2", "w-3", "w-4", most=4)
    it.pool("gpu", "g-1", "g-2", version="1.1", most=2)
    it.controllers(parallel_runs=2)
    it.at(10, e.wants("worker", "2.0"), e.wants("gpu", "2.0"))


@plot
def killed_at_each_phase(it: Story) -> None:
    """Killed at each phase, the controller goes on where it was, and reboots nobody twice."""
    it.pool("worker", "w-1", "w-2", "w-3")
    it.at(10, e.wants("worker", "2.0"))
    for phase in Phase:
        it.when("w-1", phase, e.kill())
    it.when("w-2", Phase.DRAIN, e.kill())
    it.when("w-2", Phase.VERIFY, e.kill())
    it.when("w-3", Phase.UNCORDON, e.kill())


@plot
def held_node(it: Story) -> None:
    """A held node is left alone, also in the middle of its update."""
    it.pool("worker", "w-1", "w-2", "w-3", most=2)
    it.at(5, e.hold("w-1"))
    it.at(10, e.wants("worker", "2.0"))
    it.when("w-2", Phase.REBOOT, e.hold("w-2"))
    it.at(400, e.release("w-1"))


@plot
def node_out_of_reach(it: Story) -> None:
    """A node that does not answer keeps its slot, and is tried again after growing pauses."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.wants("worker", "2.0"))
    it.when("w-1", Phase.REBOOT, e.silence("w-1"))
    it.at(300, e.answer("w-1"))


@plot
def not_ready_node(it: Story) -> None:
    """A node that is not Ready uses capacity and is not begun with."""
    it.pool("worker", "w-1", "w-2")
    it.at(5, e.unready("w-2"))
    it.at(10, e.wants("worker", "2.0"))
    it.at(200, e.ready("w-2"))


@plot
def cannot_be_rendered(it: Story) -> None:
    """What cannot be rendered leaves the config before in force, and new nodes take that."""
    it.pool("worker", "w-1", "w-2")
    it.at(10, e.wants("worker", "broken"))
    it.at(20, e.add("w-3"))
    it.at(300, e.wants("worker", "2.0"))


def _told(tell: Plot, chance: Random | None = None) -> Story:
    story = Story(chance)
    tell(story)
    story.play(until=2 * _HOUR)
    story.invariants.ended(everything_is_well=True)
    return story


@pytest.mark.parametrize("tell", PLOTS, ids=lambda each: each.__name__)
def test_the_story_goes_as_it_is_written(tell: Plot) -> None:
    file = _FOLDER / f"{tell.__name__}.txt"
    text = f"{tell.__doc__}\n\n{_told(tell)}"

    if os.environ.get("WRITE_STORIES"):
        file.write_text(text)
    assert text == file.read_text()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("tell", PLOTS, ids=lambda each: each.__name__)
def test_whatever_takes_how_long_what_must_hold_holds(tell: Plot, seed: int) -> None:
    _told(tell, Random(seed))  # noqa: S311 - to be repeated


def test_every_text_is_of_a_story() -> None:
    assert {file.stem for file in _FOLDER.iterdir()} == {tell.__name__ for tell in PLOTS}
