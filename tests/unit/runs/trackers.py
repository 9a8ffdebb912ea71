"""A simulated executor for the trackers of runs, and the node that its runs are about."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from controller.api.machine_config import MachineConfig
from controller.api.machine_config_node import (
    Blocker,
    Drift,
    MachineConfigNodeStatus,
    NodeState,
    Phase,
)
from controller.execution.protocol import Request, Result
from controller.planning.drift.findings import Findings
from controller.planning.node import Node
from controller.planning.snapshot import Snapshot
from controller.settings import Settings

NOW = datetime(2030, 1, 1, tzinfo=UTC)


CONFIG = "rendered-worker-1"


ANOTHER = "rendered-worker-ffffffffffffffff"


INTERVAL = timedelta(seconds=Settings().check_interval)


TARGETS = {"worker": CONFIG}


SHORT = Result(
    succeeded=False, phase=Phase.APPLY, cause="no room", transient=True, shortage="has no room"
)


class SimulatedRun:
    """A run that ends when the test says so."""

    command = ""

    def __init__(self) -> None:
        self.phase = Phase.IDLE
        self.results: Mapping[str, Result] | None = None
        self.reported: dict[str, Result] = {}
        self.waiting_for = ""
        self.blockers: tuple[Blocker, ...] = ()
        self.ended: list[str] = []

    def cancel(self) -> None:
        self.ended.append("cancelled")

    def wait(self) -> None:
        self.ended.append("gone")


class SimulatedExecutor:
    """Starts one simulated run."""

    def __init__(self) -> None:
        self.run = SimulatedRun()
        self.requests: list[Request] = []

    def start(self, request: Request) -> SimulatedRun:
        self.requests.append(request)
        return self.run


def node(state: NodeState = NodeState.WORKING) -> Node:
    return Node(
        name="w-1",
        uid="1",
        created=NOW,
        labels={},
        address="10.0.0.1",
        ready=True,
        pressured=False,
        unschedulable=False,
        cordoned_by_controller=False,
        held=False,
        status=MachineConfigNodeStatus(
            state=state, current_config=CONFIG, desired_config=CONFIG, pool="worker"
        ),
    )


def snapshot() -> Snapshot:
    return Snapshot(machine_configs=(config(), config(ANOTHER)))


def config(name: str = CONFIG) -> MachineConfig:
    return MachineConfig.model_validate({"metadata": {"name": name}})


def checked(*drift: Drift, config: str = CONFIG, by_hand: bool = False) -> Result:
    """Return the result of a check that succeeded."""
    return Result(succeeded=True, findings=Findings(config, "", drift, by_hand=by_hand))
