"""`python -m tests.bench.metered`: the controller over simulated machines, in a process of its own.

It is wired and set as in life but for the executor, and tells what it has cost so far: a line on
its standard input asks, a line of JSON on its standard output answers.
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

_BEAT = 1.0  # seconds that a phase takes at least
# How many processes one machine can run is not what is measured.
_EVERY_NODE_THAT_MAY = 100_000


class Reading(NamedTuple):
    """What the process has cost since it began; the simulated machines in it are left out."""

    processor: float  # seconds
    waited: float  # seconds that requests waited for the API server, of all threads together
    reads: int
    writes: int
    peak: float  # of its memory, in MB


def main() -> None:
    """Run the controller until SIGTERM."""
    set_up_logging()
    settings = Settings(parallel_runs=_EVERY_NODE_THAT_MAY)
    assert settings.kubeconfig is not None
    server = CountingServer(settings.kubeconfig)
    playbooks = Playbooks(settings.kubeconfig)
    threading.Thread(target=_answer, args=(server, playbooks), daemon=True).start()
    control(settings, server, playbooks.executor)


class Playbooks:
    """What the playbooks do to the cluster and to simulated machines."""

    def __init__(self, kubeconfig: Path) -> None:
        self._kubectl = ApiServer(kubeconfig)
        self._machines = SimulatedExecutor(self._cordon)
        self._time: Clock | None = None

    def executor(self, changed: Callable[[], None]) -> Executor:
        """Let time pass for the machines from now on."""
        self._time = Clock(self._machines, _BEAT, changed).__enter__()
        return self._machines

    @property
    def processor(self) -> float:
        """The seconds that all of it took."""
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
    """The most memory it has had; what getrusage says counts what its parent had, too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    fields: dict[str, Any] = dict(line.split(":", 1) for line in lines)
    return int(fields["VmHWM"].split()[0]) / 1000


if __name__ == "__main__":
    main()
