"""A run that does in simulated time what `playbooks/update.yml` does."""

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from random import Random
from types import MappingProxyType
from typing import Final

from controller.api.drain import DrainSettings, OnBlocked
from controller.api.machine_config_node import Blocker, BlockReason, Phase
from controller.api.machine_config_pool import MachineConfigPool
from controller.execution.protocol import Request, Result, Verified
from controller.planning.drain import blockers
from controller.planning.drain.settings import drain_settings
from tests.unit.reconcile.simulated_cluster.clock import Clock
from tests.unit.reconcile.simulated_cluster.machine import Machine

# Seconds that each phase takes if nothing delays it.
_SECONDS: Final = {
    Phase.PREFLIGHT: 3,
    Phase.CORDON: 1,
    Phase.DRAIN: 20,
    Phase.APPLY: 5,
    Phase.REBOOT: 40,
    Phase.VERIFY: 5,
    Phase.UNCORDON: 1,
}
_DRAIN_STUCK: Final = 2  # seconds until a blocked attempt ends
_CANCEL: Final = 2  # seconds until a cancelled run has ended

# Called with each run and the phase that it enters.
Entered = Callable[["UpdateRun", Phase], None]
_Steps = Generator[int, None, Result]


class _FailedError(Exception):
    def __init__(self, result: Result) -> None:
        super().__init__(result.cause)
        self.result = result


class UpdateRun:
    """One run over one machine, which moves with simulated time."""

    command = ""
    reported: Mapping[str, Result] = MappingProxyType({})
    waiting_for = ""
    blockers: tuple[Blocker, ...] = ()

    def __init__(
        self,
        machine: Machine,
        request: Request,
        clock: Clock,
        pace: Random | None,
        entered: Entered,
    ) -> None:
        """Start; with `pace` the phases take random times."""
        (host,) = request.hosts
        self.machine = machine
        self.config = str(host.machine_config["metadata"]["name"])
        self.attempt = str(request.variables["machineconfig_attempt"])
        self.fence = request.fence
        self._again = bool(request.variables["machineconfig_again"])
        self._locked_out = request.variables.get("machineconfig_locked_out", "")
        self._mark = str(request.variables["cluster_cordon_mark"])
        self._uid = str(request.variables["cluster_uid"])
        at_once = _settings(request).on_blocked is OnBlocked.GIVE_BACK
        requested = at_once or bool(request.variables["drain_gives_back"])
        self._gives_back = requested and "drain_keeps" not in request.variables
        self.phase = Phase.IDLE
        self.results: Mapping[str, Result] | None = None
        self.started = clock.now
        self._rebooted = False
        self._due = clock.now
        self._ends: int | None = None
        self._clock = clock
        self._pace = pace
        self._entered = entered
        self._steps = self._playbook()

    @property
    def next(self) -> int:
        """When it moves next."""
        return self._due if self._ends is None else min(self._due, self._ends)

    def move(self) -> None:
        """Take the step that is due."""
        if self._ends is not None and self._clock.now >= self._ends:
            self._end(self._transient("the run ended before its time"))
            return
        try:
            self._due = self._clock.now + next(self._steps)
        except StopIteration as end:
            self._end(end.value)

    def cancel(self) -> None:
        """Request its end, which takes a moment in which it goes on."""
        if self._ends is None:
            self._ends = self._clock.now + self._last(_CANCEL)

    def wait(self) -> None:
        """End at once, with the process that started it."""
        self._steps.close()

    def _end(self, result: Result) -> None:
        self.results = {self.machine.name: result}

    def _playbook(self) -> _Steps:
        try:
            return (yield from self._update())
        except _FailedError as failure:
            return failure.result

    def _update(self) -> _Steps:
        machine = self.machine
        yield from self._preflight()
        if self.fence < machine.fence:
            raise _FailedError(self._refused())
        machine.fence = self.fence
        if machine.superseded == (self.attempt, self.config):
            self._uncordon()
            raise _FailedError(_replaced_by_hand())
        self._confirm()
        drains = machine.would_reboot(self.config)
        if drains and machine.failed == (self.attempt, self.config):
            raise _FailedError(_failed_before())
        if drains:
            yield from self._pass(Phase.CORDON, self._cordon)
            yield from self._drain()
        try:
            yield from self._change()
        except _FailedError as failure:
            # A machine that cannot be reached is not rolled back.
            if not failure.result.unreachable and machine.roll_back():
                machine.failed = (self.attempt, self.config)
                self._uncordon()
                raise _FailedError(_after_rollback(failure.result)) from failure
            raise
        yield from self._pass(Phase.UNCORDON, self._uncordon)
        verified = Verified(f"boot-{machine.boots}", machine.id, self._rebooted)
        return Result(succeeded=True, phase=self.phase, verified=verified)

    def _preflight(self) -> Iterator[int]:
        try:
            yield from self._pass(Phase.PREFLIGHT)
        except _FailedError as failure:
            # An earlier run may have cordoned it; pods can return unless something was applied.
            if self.machine.proven and not failure.result.unreachable:
                self._uncordon()
            raise

    def _refused(self) -> Result:
        return Result(
            succeeded=False,
            phase=self.phase,
            transient=True,
            cause="a later leader has used the node",
            refused_by_fence=self.machine.fence,
        )

    def _drain(self) -> Iterator[int]:
        yield from self._pass(Phase.DRAIN)
        if self.machine.blocked_by:
            yield _DRAIN_STUCK
        if self.machine.blocked_by:
            if self._gives_back:
                self._uncordon()
            raise _FailedError(self._blocked(*self.machine.blocked_by))

    def _blocked(self, pod: str, budget: str) -> Result:
        blocker = Blocker(
            pod=pod,
            pod_disruption_budget=f"{pod.partition('/')[0]}/{budget}",
            reason=BlockReason.POD_DISRUPTION_BUDGET,
            remedy="scale it up",
        )
        return Result(
            succeeded=False,
            phase=self.phase,
            cause=f"the drain waits for {blockers.summary([blocker])}",
            remedy=blocker.remedy,
            blockers=(blocker,),
            drain_abandoned=self._gives_back,
        )

    def _change(self) -> Iterator[int]:
        machine = self.machine
        if not machine.is_on(self.config):
            yield from self._pass(Phase.APPLY, self._apply)
        if machine.owes_reboot:
            seconds = self._last(_SECONDS[Phase.REBOOT])
            self._enter(Phase.REBOOT)
            machine.reboot(self._clock.now + seconds)
            yield seconds
        yield from self._pass(Phase.VERIFY, self._confirm)
        self._rebooted = machine.awaits_kubelet
        if machine.awaits_kubelet and not machine.ready(self._clock.now):
            raise _FailedError(_kubelet_is_silent())
        machine.verify(self.config)

    def _apply(self) -> None:
        self.machine.apply(self.config, self.attempt, self._clock.now)

    def _confirm(self) -> None:
        """Confirm the config, unless it was rolled back already."""
        watchdog = self.machine.watchdog
        if self._locked_out and self._locked_out == watchdog.rolled_back[1]:
            watchdog.locked_out = True
        if watchdog.refuses(self.attempt, self.config, again=self._again):
            if watchdog.locked_out and self.machine.proven:
                self._uncordon()
            cause = f"the watchdog rolled back {self.config}"
            raise _FailedError(
                Result(succeeded=False, phase=self.phase, unconfirmed=True, cause=cause)
            )
        watchdog.confirm()

    def _cordon(self) -> None:
        if self.machine.uid != self._uid:
            raise _FailedError(self._transient("the Node was registered again"))
        self.machine.cordon(self._mark)

    def _uncordon(self) -> None:
        self.machine.uncordon(self._mark)

    def _pass(self, phase: Phase, act: Callable[[], None] = lambda: None) -> Iterator[int]:
        """Go through a phase, whose action is taken as soon as it is entered."""
        self._enter(phase)
        self._reach()
        act()
        yield self._last(_SECONDS[phase])
        self._reach()
        if self.machine.breaks(self.config, phase):
            raise _FailedError(
                Result(succeeded=False, phase=phase, cause="it does not work", remedy="fix it")
            )

    def _enter(self, phase: Phase) -> None:
        self.phase = phase
        self._entered(self, phase)

    def _reach(self) -> None:
        if not self.machine.answers(self._clock.now):
            silent = replace(self._transient("no answer"), login_failed=True)
            raise _FailedError(silent)

    def _transient(self, cause: str) -> Result:
        return Result(
            succeeded=False, phase=self.phase, unreachable=True, transient=True, cause=cause
        )

    def _last(self, seconds: int) -> int:
        chance = self._pace.choice((0, 1, 1, 2)) if self._pace else 1
        return max(1, seconds * self.machine.slowness * chance)


def _replaced_by_hand() -> Result:
    return Result(
        succeeded=False,
        phase=Phase.PREFLIGHT,
        cause="another config was applied by hand since, and stays",
        remedy="change the MachineConfig",
    )


def _kubelet_is_silent() -> Result:
    return Result(
        succeeded=False,
        phase=Phase.VERIFY,
        cause="the kubelet does not renew its lease",
        remedy="see journalctl -u kubelet",
    )


def _failed_before() -> Result:
    return Result(
        succeeded=False,
        phase=Phase.PREFLIGHT,
        cause="this has failed here before, and nothing has changed since: it does not work",
        remedy="fix it",
    )


def _settings(request: Request) -> DrainSettings:
    pool = MachineConfigPool.model_validate(request.pool) if request.pool else None
    return drain_settings(pool, None)


def _after_rollback(result: Result) -> Result:
    return Result(
        succeeded=False,
        phase=result.phase,
        cause=f"{result.cause}; the apply was rolled back",
        remedy=result.remedy,
        rolled_back=True,
    )
