"""`python -m tests.bench.metered`: the controller over simulated machines, in its own process.

It has the real wiring and settings except for the executor, and reports its cost so far: it answers
each line on standard input with a line of JSON on standard output.
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from controller.api import names
from controller.cli.logs import set_up_logging
from controller.cli.machineconfig_controller import control
from controller.cluster.api_server import ApiServer
from controller.execution.protocol import Executor
from controller.settings import Settings
from tests.simulated_machines.clock import Clock
from tests.simulated_machines.executor import SimulatedExecutor
from tests.simulated_machines.faulty_api_servers import CountingServer

_BEAT = 1.0  # minimum seconds of a phase
# The number of processes on one machine is not measured.
_EVERY_NODE_THAT_MAY = 100_000


class Reading(NamedTuple):
    """The cost of the process since its start, without the simulated machines in it."""

    processor: float  # seconds
    waited: float  # seconds that requests waited for the API server, over all threads
    reads: int
    writes: int
    peak: float  # memory in MB


def main() -> None:
    """Run the controller until SIGTERM."""
    set_up_logging()
    settings = Settings(parallel_runs=_EVERY_NODE_THAT_MAY)
    assert settings.kubeconfig is not None
    server = CountingServer(settings.kubeconfig)
    playbooks = Playbooks(settings.kubeconfig)
    threading.Thread(target=_answer, args=(server, playbooks), daemon=True).start()
    lease_server = ApiServer(settings.kubeconfig, settings.lease_seconds / 3)
    control(settings, server, lease_server, playbooks.executor)


class Playbooks:
    """The effects of the playbooks on the cluster and the simulated machines."""

    def __init__(self, kubeconfig: Path) -> None:
        self._kubectl = ApiServer(kubeconfig)
        self._machines = SimulatedExecutor(self._cordon)
        self._time: Clock | None = None

    def executor(self, changed: Callable[[], None]) -> Executor:
        """Start the machines' clock, and return the executor."""
        self._time = Clock(self._machines, _BEAT, changed).__enter__()
        return self._machines

    @property
    def processor(self) -> float:
        """The total processor seconds."""
        return self._time.seconds if self._time else 0

    def _cordon(self, node: str, cordoned: bool, mark: str) -> None:  # noqa: FBT001 - a callback
        marks = {names.CORDON_MARK: mark if cordoned else None}
        body = {"metadata": {"annotations": marks}, "spec": {"unschedulable": cordoned or None}}
        self._kubectl.patch(f"/api/v1/nodes/{node}", body)


def _answer(server: CountingServer, playbooks: Playbooks) -> None:
    for _ in sys.stdin:
        reading = Reading(
            time.process_time() - playbooks.processor,
            server.seconds_waited,
            server.reads,
            server.writes,
            _peak(),
        )
        print(json.dumps(reading._asdict()), flush=True)  # noqa: T201 - the answer


def _peak() -> float:
    """Return the peak memory; getrusage would include the parent's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    fields: dict[str, Any] = dict(line.split(":", 1) for line in lines)
    return int(fields["VmHWM"].split()[0]) / 1000


if __name__ == "__main__":
    main()
