"""The cost of a rollout over 1,000 and over 5,000 nodes, on a real API server.

The nodes are kwok's and the machines are simulated. The cost is the controller's own, without the
simulated machines and the patches that cordon their nodes.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from controller.api.machine_config_node import NodeState
from controller.api.names import BOOT_USER
from controller.cluster.observation.observer import observe
from controller.planning.controller_state import ControllerState, Runs
from controller.planning.plan import plan
from controller.planning.snapshot import Snapshot
from controller.reconcile.render_cache import RenderCache
from tests.bench.fleet import Controller, Fleet
from tests.bench.measuring import RUNS, Job, Measurement, Subject, fastest

_FEW, _MANY = 1000, 5000
_MOST_MEMORY = {_FEW: 250, _MANY: 600}  # MB
_MOST_WRITES = 12
_MOST_GROWTH = 1.2
_SETTLING = 20  # seconds after which the controller has read everything
_IDLE = 60  # seconds; longer than a pass or two that only an interval causes


class Rollout(NamedTuple):
    """The cost of a rollout per node, and the cluster during the rollout."""

    writes: float
    processor: float  # seconds of the controller
    servers: float  # seconds of the API server and etcd
    took: float  # seconds
    waited: float  # seconds that requests of the controller waited
    snapshot: Snapshot


def subjects() -> Iterator[Subject]:
    """Measure with few nodes and with many, and how the cost per node grows between them."""
    rollouts: dict[int, Rollout] = {}
    for count in (_FEW, _MANY):
        yield Subject(f"A rollout over {count:,} nodes", _measure(count, rollouts))
    few, many = (rollouts[count].processor for count in (_FEW, _MANY))
    grown = Measurement(f"CPU a node, of {_MANY:,}", many, f"of {_FEW:,}", few, _MOST_GROWTH)
    yield Subject("From few nodes to many", [grown])


def _measure(count: int, rollouts: dict[int, Rollout]) -> Iterator[Measurement]:
    with Fleet.of(count) as fleet:
        with fleet.controller() as controller:
            time.sleep(_SETTLING)
            rollout = rollouts[count] = _roll_out(fleet, controller)
            yield from _costs(rollout)
            peak = controller.read().peak
            yield Measurement("peak memory", peak, "target", _MOST_MEMORY[count], 1, " MB")
            time.sleep(_SETTLING)
            yield from _idleness(controller)
        yield _planning(fleet, rollout.snapshot)


def _roll_out(fleet: Fleet, controller: Controller) -> Rollout:
    before, servers, began = controller.read(), fleet.processor_of_servers(), time.monotonic()
    fleet.configure("next")
    fleet.wait_until_updated(share=1 / 2)
    snapshot = observe(fleet.server)
    fleet.wait_until_updated()
    after, took = controller.read(), time.monotonic() - began
    return Rollout(
        writes=(after.writes - before.writes) / fleet.count,
        processor=(after.processor - before.processor) / fleet.count,
        servers=(fleet.processor_of_servers() - servers) / fleet.count,
        took=took / fleet.count,
        waited=(after.waited - before.waited) / fleet.count,
        snapshot=snapshot,
    )


def _costs(rollout: Rollout) -> Iterator[Measurement]:
    yield Measurement("writes a node", rollout.writes, "node", 1, _MOST_WRITES, "")
    yield Measurement("CPU a node", rollout.processor, "API server and etcd", rollout.servers)
    yield Measurement("convergence a node", rollout.took, "waited for answers", rollout.waited)


def _idleness(controller: Controller) -> Iterator[Measurement]:
    before = controller.read()
    time.sleep(_IDLE)
    after = controller.read()
    yield Measurement("CPU when idle", after.processor - before.processor, "time", _IDLE)
    yield Measurement("writes when idle", after.writes - before.writes, "time", _IDLE, 0, "")


def _planning(fleet: Fleet, snapshot: Snapshot) -> Measurement:
    """Plan one pass during the rollout, with the controller's memory."""
    now, render_cache = datetime.now(UTC), RenderCache()
    working = [each.name for each in snapshot.nodes if each.status.state is NodeState.WORKING]
    runs = ControllerState(runs=Runs(under_way=frozenset(working)))
    jobs = {
        "plan": Job(lambda: plan(snapshot, runs, BOOT_USER, now, render_cache)),
        "list": Job(lambda: list(fleet.server.items("/api/v1/nodes"))),
    }
    taken = fastest(jobs, RUNS)
    return Measurement("plan of a pass", taken["plan"], "listing the nodes", taken["list"], 1)
