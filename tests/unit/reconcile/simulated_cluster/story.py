"""One story: the cluster in the beginning, what happens when, and how it is played to its end."""

from collections.abc import Iterator
from random import Random
from typing import Final

from controller.api import names
from controller.api.machine_config_node import NodeState, Phase
from tests.unit.reconcile.simulated_cluster.clock import Clock
from tests.unit.reconcile.simulated_cluster.cluster import Cluster
from tests.unit.reconcile.simulated_cluster.configs import rendered_name
from tests.unit.reconcile.simulated_cluster.deployment import Deployment
from tests.unit.reconcile.simulated_cluster.events import Event
from tests.unit.reconcile.simulated_cluster.invariants import Invariants
from tests.unit.reconcile.simulated_cluster.lease import Lease
from tests.unit.reconcile.simulated_cluster.machine import Machine
from tests.unit.reconcile.simulated_cluster.transcript import Transcript
from tests.unit.reconcile.simulated_cluster.update_run import UpdateRun
from tests.unit.reconcile.simulated_cluster.world import World

_BOOT: Final = 40  # seconds
_DAY: Final = 24 * 3600
# The phases in the transcript; the others change nothing that is visible.
_PHASES: Final = {Phase.CORDON, Phase.DRAIN, Phase.APPLY, Phase.REBOOT}


class Story:
    """A cluster whose nodes are all on their target, until something happens.

    A pass is made when an event wakes a replica, or when the pass before has returned a due time.
    """

    def __init__(self, chance: Random | None = None) -> None:
        """Play in fixed order and pace, or with `chance` at random."""
        clock = Clock()
        cluster, transcript = Cluster(clock), Transcript(clock)
        self.invariants = Invariants(cluster)
        world = World(clock, cluster, Lease(), transcript, self.invariants, self._entered, chance)
        self._world = world
        self._deployment = Deployment(world)
        self._later: list[tuple[int, Event]] = []
        self._triggers: dict[tuple[str, Phase], Event] = {}
        self._given: list[str] = []

    def pool(self, name: str, *nodes: str, version: str = "1.0", most: int | str = 1) -> None:
        """Have a pool of these nodes, the oldest first, all of them on `version`."""
        label = names.CONTROL_PLANE_NODE_LABEL if name == names.MASTER else name
        cluster = self._world.cluster
        cluster.add_pool(name, most)
        cluster.versions[name] = version
        config = rendered_name(name, version)
        cluster.set_target(name, config)
        for node in nodes:
            labels = {} if name == names.WORKER else {label: ""}
            cluster.add_updated(Machine(node, len(cluster.machines) - _DAY, labels), name, config)
        self._given.append(f"{name}: {' '.join(nodes)}, on {version}, maxUnavailable {most}")

    def controllers(self, *nodes: str, parallel_runs: int = 1000) -> None:
        """Have a replica of the controller on each of these nodes; the first one leads."""
        self._deployment.start(*nodes, parallel_runs=parallel_runs)

    def at(self, second: int, *events: Event) -> None:
        """Let something happen at a time."""
        self._later += [(second, event) for event in events]

    def when(self, node: str, phase: Phase, event: Event) -> None:
        """Let something happen a second after the node has first entered a phase."""
        self._triggers[node, phase] = event

    def play(self, until: int) -> None:
        """Let time pass until nothing more happens, at most `until` a second."""
        for moment in self._moments(until):
            self._world.clock.now = moment
            self._roll_back(moment)
            happened = [self._happen(), self._deployment.move_runs(), self._is_back(moment)]
            if any(happened):
                self._deployment.wake(self._lag)
            self._deployment.make_passes()

    def __str__(self) -> str:
        given = "\n".join(f"  {line}" for line in self._given)
        ends = "\n".join(f"  {line}" for line in self._ends())
        return f"Given\n{given}\n\n{self._world.transcript}\n\nIn the end\n{ends}\n"

    def _moments(self, until: int) -> Iterator[int]:
        """Return the seconds in which something happens, a pass at least."""
        now = self._world.clock.now
        yield now
        while not self._is_over and (moment := max(min(self._next()), now + 1)) <= until:
            now = moment
            yield moment

    def _next(self) -> Iterator[int]:
        yield from (second for second, _ in self._later)
        yield from self._deployment.next()
        now = self._world.clock.now
        yield from (each.back_at for each in self._machines if each.back_at > now)
        yield from (each.watchdog.due for each in self._machines if each.watchdog.due)

    @property
    def _is_over(self) -> bool:
        """Whether nothing more happens but checks that find nothing."""
        quiet = self._deployment.is_quiet and not self._later
        return quiet and all(map(self._is_done, self._machines))

    @property
    def _machines(self) -> list[Machine]:
        return list(self._world.cluster.machines.values())

    def _is_done(self, machine: Machine) -> bool:
        return self._world.cluster.status(machine).state is NodeState.DONE

    def _roll_back(self, moment: int) -> None:
        """Let machines roll back by themselves that have an unconfirmed config for too long."""
        for machine in self._machines:
            due = machine.watchdog.due
            if due is not None and due <= moment:
                self._world.transcript.add(machine.name, "rolls back by itself")
                machine.roll_back_alone(moment, _BOOT)

    def _is_back(self, moment: int) -> bool:
        """Return whether the kubelet of a machine reports that it has rebooted."""
        return any(machine.back_at == moment for machine in self._machines)

    def _lag(self) -> int:
        """Return how long after an event the next pass is made."""
        chance = self._world.chance
        return chance.choice((0, 0, 1, 4)) if chance else 0

    def _happen(self) -> bool:
        now = self._world.clock.now
        due = [event for second, event in self._later if second <= now]
        self._later = [each for each in self._later if each[0] > now]
        for event in due:
            self._world.transcript.add("*", event.text)
            event.happen(self._deployment)
        return bool(due)

    def _entered(self, run: UpdateRun, phase: Phase) -> None:
        self.invariants.entered(run, phase)
        name = run.machine.name
        if phase in _PHASES:
            self._world.transcript.add(name, phase.value)
        if event := self._triggers.pop((name, phase), None):
            self._later.append((self._world.clock.now + 1, event))

    def _ends(self) -> Iterator[str]:
        for machine in self._machines:
            status = self._world.cluster.status(machine)
            cordon = ", cordoned" * machine.unschedulable
            config = status.current_config.rpartition("-")[2][:3] or "no config"
            state = f"{status.state or 'unknown'} on {config} of {status.pool or 'no pool'}"
            yield f"{machine.name}: {state}{cordon}, rebooted {machine.boots} times"
