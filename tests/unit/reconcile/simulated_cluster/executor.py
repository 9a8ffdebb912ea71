"""An executor whose runs take simulated time."""

from collections.abc import Callable, Mapping
from random import Random

from controller.execution.protocol import Request, Run
from tests.unit.reconcile.simulated_cluster.check_run import CheckRun
from tests.unit.reconcile.simulated_cluster.clock import Clock
from tests.unit.reconcile.simulated_cluster.machine import Machine
from tests.unit.reconcile.simulated_cluster.update_run import Entered, UpdateRun


class Executor:
    """The runs of one process; each moves when its next step is due."""

    def __init__(
        self,
        machines: Mapping[str, Machine],
        clock: Clock,
        pace: Random | None,
        starting: Callable[[Request], None],
        entered: Entered,
    ) -> None:
        """Reach these machines; `starting` and `entered` are called at each such moment."""
        self.runs: list[UpdateRun | CheckRun] = []
        self._clock = clock
        self._machines = machines
        self._pace = pace
        self._starting = starting
        self._entered = entered

    def start(self, request: Request) -> Run:
        """Start an update of the request's one host, or a check of all of them."""
        run = self._run(request)
        self.runs.append(run)
        return run

    def move(self) -> bool:
        """Let all runs that are due take a step, in random order; return whether any did."""
        due = [run for run in self.runs if run.next <= self._clock.now]
        if self._pace:
            self._pace.shuffle(due)
        for run in due:
            run.move()
        self.runs = [run for run in self.runs if run.results is None]
        return bool(due)

    def end(self) -> None:
        """End all runs with the process that started them; machines stay as they are."""
        for run in self.runs:
            run.wait()
        self.runs = []

    def _run(self, request: Request) -> UpdateRun | CheckRun:
        if request.playbook == "check.yml":
            return CheckRun(self._machines, request, self._clock)
        self._starting(request)
        (host,) = request.hosts
        machine = self._machines[host.node]
        return UpdateRun(machine, request, self._clock, self._pace, self._entered)
