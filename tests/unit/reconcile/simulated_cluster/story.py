"""One story: how the cluster stands, what happens when, and how it is played to its end."""

from collections.abc import Iterator
from random import Random
from typing import Final

from controller.api import names
from controller.api.machine_config_node import NodeState, Phase
from tests.unit.reconcile.simulated_cluster.clock import Clock
from tests.unit.reconcile.simulated_cluster.cluster import Cluster, uid
from tests.unit.reconcile.simulated_cluster.configs import rendered_name
from tests.unit.reconcile.simulated_cluster.controller import Controller
from tests.unit.reconcile.simulated_cluster.events import Event
from tests.unit.reconcile.simulated_cluster.executor import Executor, SimulatedRun
from tests.unit.reconcile.simulated_cluster.invariants import Invariants
from tests.unit.reconcile.simulated_cluster.machine import Machine
from tests.unit.reconcile.simulated_cluster.transcript import Transcript

_RESYNC: Final = 30
_DAY: Final = 24 * 3600
# The phases that are told; between the others there is nothing to see.
_TOLD: Final = {Phase.CORDON, Phase.DRAIN, Phase.APPLY, Phase.REBOOT}


class Story:
    """A cluster whose nodes are all where they should be, until something happens."""

    def __init__(self, chance: Random | None = None) -> None:
        """Play in fixed order, or by `chance`."""
        self.clock = Clock()
        self.cluster = Cluster(self.clock)
        self.telling = Transcript(self.clock)
        self.invariants = Invariants(self.cluster)
        executor = Executor(self.cluster.machines, self.clock, chance, self._entered)
        self.controller = Controller(self.cluster, executor, self.invariants, self.telling, chance)
        self.executor = executor
        self._later: list[tuple[int, Event]] = []
        self._triggers: dict[tuple[str, Phase], Event] = {}
        self._given: list[str] = []
        self._pass_at = 0
        # Whether something has happened that no pass has seen.
        self._asked = True
        # By chance passes come later than they could.
        self._chance = chance
        self._resync = chance.choice((30, 60, 90)) if chance else _RESYNC

    def pool(self, name: str, *nodes: str, version: str = "1.0", most: int | str = 1) -> None:
        """Have a pool of these nodes, the oldest first, all of them on `version`."""
        label = names.CONTROL_PLANE_NODE_LABEL if name == names.MASTER else name
        self.cluster.add_pool(name, most)
        self.cluster.versions[name] = version
        config = rendered_name(name, version)
        self.cluster.put_in_force(name, config)
        for node in nodes:
            labels = {} if name == names.WORKER else {label: ""}
            machine = Machine(node, len(self.cluster.machines) - _DAY, labels)
            self.cluster.settle(machine, name, config)
        self._given.append(f"{name}: {' '.join(nodes)}, on {version}, maxUnavailable {most}")

    def at(self, second: int, *events: Event) -> None:
        """Let something happen at a time."""
        self._later += [(second, event) for event in events]

    def when(self, node: str, phase: Phase, event: Event) -> None:
        """Let something happen a second after the node has first come into a phase."""
        self._triggers[node, phase] = event

    def play(self, until: int) -> None:
        """Let time pass; by `until` all has come to its end."""
        for moment in self._moments(until):
            self.clock.now = moment
            self._happen()
            self.executor.move()
            self._pass_at = min(self._pass_at, moment + self._lag())
            self._asked = True
            if moment == self._pass_at:
                self._asked = self.controller.run_pass()
                self._pass_at = moment + (1 if self._asked else self._resync)

    def __str__(self) -> str:
        given = "\n".join(f"  {line}" for line in self._given)
        ends = "\n".join(f"  {line}" for line in self._ends())
        return f"Given\n{given}\n\n{self.telling}\n\nIn the end\n{ends}\n"

    def _moments(self, until: int) -> Iterator[int]:
        """The seconds in which something happens, a pass at least."""
        yield self.clock.now
        while (moment := min(self._next())) <= until:
            if not self._moves:
                return
            yield max(moment, self.clock.now + 1)

    def _next(self) -> Iterator[int]:
        yield self._pass_at
        yield from (second for second, _ in self._later)
        yield from (run.next for run in self.executor.runs)
        backs = (machine.back_at for machine in self.cluster.machines.values())
        yield from (back for back in backs if back > self.clock.now)

    @property
    def _moves(self) -> bool:
        """Whether anything may still happen."""
        resting = not (self.executor.runs or self._later or self._asked)
        quiet = resting and self.controller.leads
        return not quiet or any(map(self._is_on_its_way, self.cluster.machines.values()))

    def _lag(self) -> int:
        """How long after something has happened the next pass begins."""
        return self._chance.choice((0, 0, 1, 4)) if self._chance else 0

    def _is_on_its_way(self, machine: Machine) -> bool:
        note = self.cluster.notes.get(uid(machine))
        return note is None or note.state is not NodeState.DONE

    def _happen(self) -> None:
        due = [event for second, event in self._later if second <= self.clock.now]
        self._later = [each for each in self._later if each[0] > self.clock.now]
        for event in due:
            self.telling.tell("*", event.words)
            event.happen(self.controller)

    def _entered(self, run: SimulatedRun, phase: Phase) -> None:
        self.invariants.entered(run, phase)
        name = run.machine.name
        if phase in _TOLD:
            self.telling.tell(name, phase.value)
        event = self._triggers.pop((name, phase), None)
        if event:
            self._later.append((self.clock.now + 1, event))

    def _ends(self) -> Iterator[str]:
        for node in self.cluster.snapshot().nodes:
            machine, status = self.cluster.machines[node.name], node.status
            cordon = ", cordoned" * machine.unschedulable
            config = status.current_config.rpartition("-")[2][:3] or "no config"
            word = f"{status.state or 'unknown'} on {config} of {status.pool or 'no pool'}"
            yield f"{node.name}: {word}{cordon}, rebooted {machine.boots} times"
