"""What happens in a story from outside: what administrators do, and what befalls machines."""

from collections.abc import Callable
from dataclasses import dataclass

from controller.api.drain import Drain
from controller.api.machine_config_node import Drift, Phase
from tests.unit.reconcile.simulated_cluster.cluster import Cluster, uid
from tests.unit.reconcile.simulated_cluster.controller import Controller
from tests.unit.reconcile.simulated_cluster.machine import Machine


@dataclass(frozen=True)
class Event:
    """What happens, in words and in deed."""

    words: str
    happen: Callable[[Controller], None]


def wants(pool: str, version: str) -> Event:
    """The MachineConfig of a pool's role is written anew."""
    return _in_cluster(
        f"the MachineConfig of {pool} is now {version}",
        lambda cluster: cluster.versions.update({pool: version}),
    )


def inherits(pool: str) -> Event:
    """The MachineConfig of a custom pool's role is deleted."""
    return _in_cluster(
        f"the MachineConfig of {pool} is deleted",
        lambda cluster: cluster.versions.pop(pool, None),
    )


def max_unavailable(pool: str, most: int | str) -> Event:
    """The pool may have more or fewer nodes down."""
    return _of_pool(f"{pool} has maxUnavailable {most}", pool, max_unavailable=most)


def pause(pool: str) -> Event:
    """The pool is paused."""
    return _of_pool(f"{pool} is paused", pool, paused=True)


def resume(pool: str) -> Event:
    """The pool goes on."""
    return _of_pool(f"{pool} is resumed", pool, paused=False)


def delete_pool(pool: str) -> Event:
    """The pool is deleted, and what it owns with it."""
    return _in_cluster(
        f"the pool {pool} is deleted",
        lambda cluster: cluster.delete_pool(pool),
    )


def make_pool(pool: str, most: int | str = 1) -> Event:
    """The pool is made, or made again."""
    return _in_cluster(
        f"the pool {pool} is made, with maxUnavailable {most}",
        lambda cluster: cluster.add_pool(pool, most),
    )


def cordon(node: str) -> Event:
    """An administrator cordons the node; of one that is cordoned nobody can tell."""

    def happen(machine: Machine) -> None:
        if not machine.unschedulable:
            machine.unschedulable = machine.cordoned_by_hand = True

    return _of_machine(f"{node} is cordoned by hand", node, happen)


def uncordon(node: str) -> Event:
    """An administrator takes away the cordon of an administrator."""

    def happen(machine: Machine) -> None:
        if machine.cordoned_by_hand:
            machine.unschedulable = machine.cordoned_by_hand = False

    return _of_machine(f"{node} is uncordoned by hand", node, happen)


def hold(node: str) -> Event:
    """An administrator wants the node left alone."""
    return _with(f"{node} is held", node, held=True)


def release(node: str) -> Event:
    """The node is held no more."""
    return _with(f"{node} is held no more", node, held=False)


def add(node: str, **labels: str) -> Event:
    """A new machine registers itself."""

    def happen(controller: Controller) -> None:
        cluster = controller.cluster
        if node in cluster.machines:
            cluster.machines[node].silent = True
        cluster.machines[node] = Machine(node, cluster.clock.now, labels)

    return Event(f"{node} is there, new", happen)


def register_again(node: str) -> Event:
    """The Node is deleted, and its kubelet makes it again."""
    return Event(
        f"the Node {node} is deleted, and its machine registers again",
        lambda controller: _register_again(controller, node),
    )


def _register_again(controller: Controller, node: str) -> None:
    cluster = controller.cluster
    if node in cluster.machines:
        cluster.machines[node].register_again(cluster.clock.now)


def delete(node: str) -> Event:
    """The machine is gone, and its Node with it."""

    def happen(controller: Controller) -> None:
        machine = controller.cluster.machines.pop(node, None)
        if machine:
            machine.silent = True

    return Event(f"{node} is deleted", happen)


def label(node: str, pool: str) -> Event:
    """The node bears the label that a custom pool selects."""
    return _of_machine(
        f"{node} is labelled {pool}", node, lambda each: each.labels.update({pool: ""})
    )


def unlabel(node: str, pool: str) -> Event:
    """The node bears it no more."""
    return _of_machine(
        f"{node} is labelled {pool} no more", node, lambda each: each.labels.pop(pool, None)
    )


def drift(node: str) -> Event:
    """A check finds that somebody has changed the node."""
    found = Drift(path="/etc/motd", kind="content")
    return Event(
        f"someone changes /etc/motd on {node}, and a check finds it",
        lambda controller: controller.find(node, found),
    )


def mend(node: str) -> Event:
    """A check finds all as it should be."""
    return Event(
        f"{node} is put right, and a check finds it", lambda controller: controller.find(node)
    )


def bring_by_hand(node: str) -> Event:
    """A person brings the node to what it is on its way to, and a check finds it so."""

    def happen(controller: Controller) -> None:
        machine = controller.cluster.machines.get(node)
        note = controller.cluster.notes.get(uid(machine)) if machine else None
        if machine and note and note.desired_config:
            machine.bring_to(note.desired_config)
            controller.find(node)

    return Event(f"{node} is brought to its config by hand, and a check finds it", happen)


def reinstall(node: str) -> Event:
    """The machine is installed anew under the same Node, and a check finds it."""

    def happen(controller: Controller) -> None:
        machine = controller.cluster.machines.get(node)
        if machine:
            machine.install_anew()
            controller.find(node)

    return Event(f"{node} is installed anew, and a check finds it", happen)


def kill() -> Event:
    """The controller is killed; another process takes over when the Lease has run out."""
    return Event("the controller is killed", Controller.die)


def breaks(version: str, phase: Phase, *nodes: str) -> Event:
    """The version does not work, everywhere or on these nodes."""

    def happen(controller: Controller) -> None:
        for name, machine in controller.cluster.machines.items():
            if name in nodes or not nodes:
                machine.fails[version] = phase

    where = f" on {', '.join(nodes)}" if nodes else ""
    return Event(f"{version} is such that {phase} fails{where}", happen)


def works(version: str) -> Event:
    """The version works now, since something outside of it was put right."""

    def happen(controller: Controller) -> None:
        for machine in controller.cluster.machines.values():
            machine.fails.pop(version, None)
            machine.failed = None

    return Event(f"{version} works now", happen)


def block(node: str, pod: str, budget: str) -> Event:
    """A pod on the node cannot be evicted."""
    return _with(f"{pod} on {node} cannot be evicted", node, blocked_by=(pod, budget))


def unblock(node: str) -> Event:
    """Every pod of the node can be evicted."""
    return _with(f"every pod on {node} can be evicted", node, blocked_by=None)


def drains(pool: str, **drain: str) -> Event:
    """The pool's nodes are drained by these settings from now on."""
    words = ", ".join(f"{name} {value}" for name, value in drain.items())
    return _of_pool(f"{pool} is drained with {words}", pool, drain=Drain.model_validate(drain))


def sicken(node: str) -> Event:
    """The node is not Ready, through no fault of ours."""
    return _with(f"{node} is not Ready", node, sick=True)


def recover(node: str) -> Event:
    """The node is Ready again."""
    return _with(f"{node} is Ready again", node, sick=False)


def silence(node: str) -> Event:
    """The node does not answer over SSH."""
    return _with(f"{node} does not answer", node, silent=True)


def answer(node: str) -> Event:
    """The node answers again."""
    return _with(f"{node} answers again", node, silent=False)


def slow(node: str, times: int) -> Event:
    """The node takes its time."""
    return _with(f"{node} is {times} times as slow as others", node, slowness=times)


def fail_pods(node: str, *pods: str) -> Event:
    """Static pods of the control plane are not ready, or are again."""
    words = f"{', '.join(pods)} not ready" if pods else "its static pods are ready"
    return _with(f"{node}: {words}", node, failing_pods=pods)


def _with(words: str, node: str, **fields: object) -> Event:
    def happen(machine: Machine) -> None:
        for name, value in fields.items():
            setattr(machine, name, value)

    return _of_machine(words, node, happen)


def _of_machine(words: str, node: str, change: Callable[[Machine], object]) -> Event:
    """Return what happens to a node's machine, if it is there."""

    def happen(controller: Controller) -> None:
        machine = controller.cluster.machines.get(node)
        if machine:
            change(machine)

    return Event(words, happen)


def _of_pool(words: str, pool: str, **fields: object) -> Event:
    def change(cluster: Cluster) -> None:
        if pool in cluster.pools:
            cluster.change_pool(pool, **fields)

    return _in_cluster(words, change)


def _in_cluster(words: str, change: Callable[[Cluster], object]) -> Event:
    def happen(controller: Controller) -> None:
        change(controller.cluster)

    return Event(words, happen)
