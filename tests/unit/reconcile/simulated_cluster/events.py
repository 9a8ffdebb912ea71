"""What happens in a story: what administrators do, and what happens to machines."""

from collections.abc import Callable
from dataclasses import dataclass, fields

from controller.api import names
from controller.api.control_plane import ControlPlane
from controller.api.drain import Drain
from controller.api.machine_config_node import Phase
from tests.unit.reconcile.simulated_cluster.cluster import Cluster
from tests.unit.reconcile.simulated_cluster.configs import version
from tests.unit.reconcile.simulated_cluster.deployment import Deployment
from tests.unit.reconcile.simulated_cluster.machine import Machine


@dataclass(frozen=True)
class Event:
    """Something that happens, with its line in the transcript."""

    text: str
    happen: Callable[[Deployment], None]


def configure(pool: str, version: str) -> Event:
    """An administrator changes the MachineConfig of a pool's role."""
    return _in_cluster(
        f"the MachineConfig of {pool} is now {version}",
        lambda cluster: cluster.versions.update({pool: version}),
    )


def delete_config(pool: str) -> Event:
    """An administrator deletes the MachineConfig of a custom pool's role."""
    return _in_cluster(
        f"the MachineConfig of {pool} is deleted",
        lambda cluster: cluster.versions.pop(pool, None),
    )


def max_unavailable(pool: str, most: int | str) -> Event:
    """An administrator changes how many nodes of the pool may be down."""
    return _of_pool(f"{pool} has maxUnavailable {most}", pool, max_unavailable=most)


def pause(pool: str) -> Event:
    """An administrator pauses the pool."""
    return _of_pool(f"{pool} is paused", pool, paused=True)


def resume(pool: str) -> Event:
    """An administrator resumes the pool."""
    return _of_pool(f"{pool} is resumed", pool, paused=False)


def delete_pool(pool: str) -> Event:
    """An administrator deletes the pool, and with it what it owns."""
    return _in_cluster(
        f"the pool {pool} is deleted",
        lambda cluster: cluster.delete_pool(pool),
    )


def create_pool(pool: str, most: int | str = 1) -> Event:
    """An administrator creates the pool, unless it exists."""
    return _in_cluster(
        f"the pool {pool} is created, with maxUnavailable {most}",
        lambda cluster: cluster.add_pool(pool, most),
    )


def cordon(node: str) -> Event:
    """An administrator cordons the node, unless it is cordoned."""

    def happen(machine: Machine) -> None:
        if not machine.unschedulable:
            machine.unschedulable = machine.cordoned_by_hand = True

    return _of_machine(f"{node} is cordoned by hand", node, happen)


def uncordon(node: str) -> Event:
    """An administrator removes the cordon of an administrator."""

    def happen(machine: Machine) -> None:
        if machine.cordoned_by_hand:
            machine.unschedulable = machine.cordoned_by_hand = False

    return _of_machine(f"{node} is uncordoned by hand", node, happen)


def hold(node: str) -> Event:
    """An administrator holds the node."""
    return _with(f"{node} is held", node, held=True)


def release(node: str) -> Event:
    """An administrator releases the node."""
    return _with(f"{node} is released", node, held=False)


def add(node: str, *, needs_config: bool = False, **labels: str) -> Event:
    """A new machine registers its Node; it may need a config before it becomes Ready."""

    def happen(deployment: Deployment) -> None:
        cluster = deployment.cluster
        if node in cluster.machines:
            cluster.machines[node].silent = True
        fails = {""} if needs_config else set()
        cluster.machines[node] = Machine(
            node, cluster.clock.now, labels, tainted=True, kubelet_fails=fails
        )

    needs = ", and needs a config to become Ready" if needs_config else ""
    return Event(f"{node} is added{needs}", happen)


def register_again(node: str) -> Event:
    """An administrator deletes the Node, and its kubelet registers it again."""
    return Event(
        f"the Node {node} is deleted, and its machine registers again",
        lambda deployment: _register_again(deployment, node),
    )


def _register_again(deployment: Deployment, node: str) -> None:
    cluster = deployment.cluster
    if node in cluster.machines:
        cluster.machines[node].register_again(cluster.clock.now)


def delete(node: str) -> Event:
    """An administrator deletes the machine and its Node."""

    def happen(deployment: Deployment) -> None:
        machine = deployment.cluster.machines.pop(node, None)
        if machine:
            machine.silent = True

    return Event(f"{node} is deleted", happen)


def label(node: str, pool: str) -> Event:
    """An administrator gives the node the label that a custom pool selects."""
    return _of_machine(
        f"{node} is labelled {pool}", node, lambda each: each.labels.update({pool: ""})
    )


def unlabel(node: str, pool: str) -> Event:
    """An administrator removes the label."""
    return _of_machine(
        f"{node} loses the label {pool}", node, lambda each: each.labels.pop(pool, None)
    )


def drift(node: str) -> Event:
    """A user changes a file on the node, and requests a check."""

    def happen(machine: Machine) -> None:
        machine.drift = ("/etc/motd",)
        _request_check(machine)

    return _of_machine(f"/etc/motd is changed on {node}, and a check finds it", node, happen)


def fix(node: str) -> Event:
    """A user removes the drift, and requests a check."""

    def happen(machine: Machine) -> None:
        machine.drift = ()
        _request_check(machine)

    return _of_machine(f"{node} is fixed, and a check finds it", node, happen)


def bring_by_hand(node: str, config: str = "") -> Event:
    """An administrator applies the desired config, or another one, and requests a check."""

    def happen(deployment: Deployment) -> None:
        machine = deployment.cluster.machines.get(node)
        desired = deployment.cluster.status(machine).desired_config if machine else ""
        if machine and desired:
            machine.bring_to(config or desired)
            _request_check(machine)

    which = version(config) if config else "its config"
    return Event(f"{node} is brought to {which} by hand, and a check finds it", happen)


def reinstall(node: str) -> Event:
    """An administrator reinstalls the machine under the same Node, and requests a check."""

    def happen(machine: Machine) -> None:
        machine.reinstall()
        _request_check(machine)

    return _of_machine(f"{node} is reinstalled, and a check finds it", node, happen)


def recover(node: str) -> Event:
    """An administrator runs `kubectl mc recover`."""

    def happen(machine: Machine) -> None:
        machine.requests = machine.requests.model_copy(update={"recover": _nonce(machine)})

    return _of_machine(f"`kubectl mc recover {node}`", node, happen)


def recover_drifted() -> Event:
    """An administrator runs `kubectl mc recover` for all nodes that are Degraded by drift."""

    def happen(deployment: Deployment) -> None:
        for node in deployment.cluster.snapshot().nodes:
            if node.drifted:
                recover(node.name).happen(deployment)

    return Event("`kubectl mc recover` for all drifted nodes", happen)


def _request_check(machine: Machine) -> None:
    machine.requests = machine.requests.model_copy(update={"check": _nonce(machine)})


def _nonce(machine: Machine) -> str:
    requests = machine.requests
    numbers = (requests.check, requests.recover, requests.without_quorum)
    return str(1 + max(int(each or 0) for each in numbers))


def kill() -> Event:
    """The leader is killed; another process leads once the Lease has expired."""
    return Event("the controller is killed", Deployment.kill)


def lose_lease() -> Event:
    """The leader cannot renew the Lease, which another process can acquire once it expires."""
    return Event("the leader loses the Lease", Deployment.lose_lease)


def lose_lease_at_write(node: str) -> Event:
    """The leader loses the Lease in the middle of a pass."""

    def happen(deployment: Deployment) -> None:
        deployment.cluster.before_write[node] = deployment.lose_lease

    return Event(f"the Lease will be lost just before the status of {node} is written", happen)


def never_lead(node: str) -> Event:
    """The replica on a node is ready, and never acquires the Lease."""
    return Event(
        f"the controller on {node} is ready, and does not lead",
        lambda deployment: deployment.unresponsive.add(node),
    )


def refuse_writes(name: str) -> Event:
    """The API server refuses every write of a node or pool."""
    return _in_cluster(f"writes of {name} are refused", lambda each: each.refused.add(name))


def accept_writes(name: str) -> Event:
    """The API server accepts them again."""
    return _in_cluster(f"writes of {name} are accepted", lambda each: each.refused.discard(name))


def api_server_fails() -> Event:
    """No request succeeds, so that the Lease cannot be renewed either."""

    def happen(deployment: Deployment) -> None:
        deployment.cluster.available = False
        deployment.lose_lease()

    return Event("the API server is unavailable", happen)


def api_server_returns() -> Event:
    """Requests succeed again."""

    def happen(deployment: Deployment) -> None:
        deployment.cluster.available = True

    return Event("the API server is available again", happen)


def breaks(version: str, phase: Phase, *nodes: str) -> Event:
    """The version fails in this phase, everywhere or on these nodes."""

    def happen(deployment: Deployment) -> None:
        for name, machine in deployment.cluster.machines.items():
            if name in nodes or not nodes:
                machine.fails[version] = phase

    where = f" on {', '.join(nodes)}" if nodes else ""
    return Event(f"{version} fails in {phase}{where}", happen)


def locks_out(version: str) -> Event:
    """No login to a machine succeeds with the version."""

    def happen(deployment: Deployment) -> None:
        for machine in deployment.cluster.machines.values():
            machine.locks_out.add(version)

    return Event(f"{version} locks out the controller", happen)


def lets_in() -> Event:
    """No version keeps the controller from logging in any more."""

    def happen(deployment: Deployment) -> None:
        for machine in deployment.cluster.machines.values():
            machine.locks_out.clear()

    return Event("every machine lets the controller in", happen)


def go_away() -> Event:
    """The controller ends, and no other process takes its place until `come_back`."""
    return Event("the controller ends", Deployment.go_away)


def come_back() -> Event:
    """A controller is started again."""
    return Event("the controller is started", Deployment.come_back)


def lose_power(seconds: int) -> Event:
    """All machines, the API server and the controller are off for so long."""

    def happen(deployment: Deployment) -> None:
        deployment.cluster.available = False
        deployment.go_away()
        for machine in deployment.cluster.machines.values():
            machine.boot_unasked(deployment.cluster.clock.now + seconds)

    return Event(f"everything loses power for {seconds} s", happen)


def works(version: str) -> Event:
    """The version works, since its cause outside of the config is fixed."""

    def happen(deployment: Deployment) -> None:
        for machine in deployment.cluster.machines.values():
            machine.fails.pop(version, None)
            machine.failed = None

    return Event(f"{version} works now", happen)


def block(node: str, pod: str, budget: str) -> Event:
    """A pod on the node cannot be evicted."""
    return _with(f"{pod} on {node} cannot be evicted", node, blocked_by=(pod, budget))


def unblock(node: str) -> Event:
    """All pods on the node can be evicted."""
    return _with(f"all pods on {node} can be evicted", node, blocked_by=None)


def set_drain(pool: str, **drain: str) -> Event:
    """An administrator changes how the pool's nodes are drained."""
    settings = ", ".join(f"{name} {value}" for name, value in drain.items())
    return _of_pool(f"{pool} is drained with {settings}", pool, drain=Drain.model_validate(drain))


def unready(node: str) -> Event:
    """The node is not Ready, for a reason outside of the controller."""
    return _with(f"{node} is not Ready", node, sick=True)


def ready(node: str) -> Event:
    """The node is Ready again."""
    return _with(f"{node} is Ready again", node, sick=False)


def stops_kubelet(version: str, *nodes: str) -> Event:
    """The kubelet does not run with the version, everywhere or on these nodes."""

    def happen(deployment: Deployment) -> None:
        for name, machine in deployment.cluster.machines.items():
            if name in nodes or not nodes:
                machine.kubelet_fails.add(version)

    where = f" on {', '.join(nodes)}" if nodes else ""
    return Event(f"the kubelet does not run with {version}{where}", happen)


def unreachable(node: str) -> Event:
    """The node does not answer over SSH."""
    return _with(f"{node} is unreachable", node, silent=True)


def reachable(node: str) -> Event:
    """The node answers again."""
    return _with(f"{node} is reachable again", node, silent=False)


def slow(node: str, times: int) -> Event:
    """Each phase takes longer on the node."""
    return _with(f"{node} is {times} times as slow as others", node, slowness=times)


def fail_pods(node: str, *pods: str) -> Event:
    """Static pods of the control plane are not ready, or are again."""
    state = f"{', '.join(pods)} not ready" if pods else "its static pods are ready"
    return _with(f"{node}: {state}", node, failing_pods=pods)


def hide_etcd(node: str) -> Event:
    """The etcd of the node is no static pod."""
    return _with(f"{node} shows no etcd", node, shows_etcd=False)


def keep_old_pods(node: str) -> Event:
    """The kubelet does not report yet that the static pods have started again."""

    def happen(machine: Machine) -> None:
        machine.shown_boot = machine.boots

    return _of_machine(f"the pods of {node} will be shown as before its reboot", node, happen)


def show_new_pods(node: str) -> Event:
    """The kubelet reports the static pods of the present boot."""
    return _with(f"the pods of {node} are shown as they are", node, shown_boot=None)


def describe_control_plane(**fields: object) -> Event:
    """An administrator sets fields of the pool's `controlPlane`."""
    described = ", ".join(f"{name} {value}" for name, value in fields.items())
    spec = ControlPlane.model_validate(fields)
    return _of_pool(f"master has {described}", names.MASTER, control_plane=spec)


def take_risk(node: str) -> Event:
    """An administrator lets the node pass once without a known quorum."""

    def happen(machine: Machine) -> None:
        nonce = _nonce(machine)
        machine.requests = machine.requests.model_copy(update={"without_quorum": nonce})

    return _of_machine(f"{node} may pass once without quorum", node, happen)


def _with(text: str, node: str, **values: object) -> Event:
    """Return a change of fields of a node's machine.

    Raises:
        TypeError: a machine has no such field, so that nothing would change.
    """
    if unknown := values.keys() - {field.name for field in fields(Machine)}:
        raise TypeError(f"a machine has no {', '.join(sorted(unknown))}")

    def happen(machine: Machine) -> None:
        for name, value in values.items():
            setattr(machine, name, value)

    return _of_machine(text, node, happen)


def _of_machine(text: str, node: str, change: Callable[[Machine], object]) -> Event:
    """Return a change of a node's machine, if it exists."""

    def happen(deployment: Deployment) -> None:
        machine = deployment.cluster.machines.get(node)
        if machine:
            change(machine)

    return Event(text, happen)


def _of_pool(text: str, pool: str, **fields: object) -> Event:
    def change(cluster: Cluster) -> None:
        if pool in cluster.pools:
            cluster.change_pool(pool, **fields)

    return _in_cluster(text, change)


def _in_cluster(text: str, change: Callable[[Cluster], object]) -> Event:
    def happen(deployment: Deployment) -> None:
        change(deployment.cluster)

    return Event(text, happen)
