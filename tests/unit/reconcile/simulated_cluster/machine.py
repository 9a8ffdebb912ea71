"""A machine as it really is, with its kubelet and the Node that this has registered."""

from dataclasses import dataclass, field
from typing import Final

from controller.api.machine_config_node import Phase, Requests
from tests.unit.reconcile.simulated_cluster.configs import reboots, version
from tests.unit.reconcile.simulated_cluster.watchdog import Watchdog

DRIFT: Final = "drift"


@dataclass
class Machine:
    """One machine: what runs and administrators do to it, and its state."""

    name: str
    # When it registered its Node.
    born: int
    labels: dict[str, str] = field(default_factory=dict)
    # How often it was reinstalled, each time with another machine ID.
    installed: int = 0
    # Whether an administrator has applied the config on the disk by hand.
    by_hand: bool = False
    # The name of the rendered config on the disk, and of the one that a rollback returns to.
    config: str = ""
    before: str | None = None
    # How often the disk was changed by a run.
    serial: int = 0
    # The paths that were changed since.
    drift: tuple[str, ...] = ()
    # The highest fencing number of any run.
    fence: int = 0
    # The attempt and the config that were applied last, those that were rolled back last, and those
    # that were replaced by hand.
    applied: tuple[str, str] | None = None
    failed: tuple[str, str] | None = None
    superseded: tuple[str, str] | None = None
    owes_reboot: bool = False
    # Whether the config on the disk was verified, and whether the one before had been.
    proven: bool = True
    proven_before: bool = True
    boots: int = 0
    # How many of them no run has ordered.
    boots_unasked: int = 0
    back_at: int = 0
    unschedulable: bool = False
    # The mark of the controller's cordon; empty without one.
    mark: str = ""
    # Whether an administrator cordoned it; the controller sees only the mark.
    cordoned_by_hand: bool = False
    held: bool = False
    # What annotations of the Node request.
    requests: Requests = field(default_factory=Requests)
    # Whether the Node has the taint of new nodes.
    tainted: bool = False
    sick: bool = False
    silent: bool = False
    pressured: bool = False
    failing_pods: tuple[str, ...] = ()
    # Whether its etcd is a static pod, and the boot that the pod's status is from if not this one.
    shows_etcd: bool = True
    shown_boot: int | None = None
    # The pod that cannot be evicted, and its PodDisruptionBudget.
    blocked_by: tuple[str, str] | None = None
    # The versions that fail here, with the phase in which they do.
    fails: dict[str, Phase] = field(default_factory=dict)
    # The versions with which no login succeeds.
    locks_out: set[str] = field(default_factory=set)
    watchdog: Watchdog = field(default_factory=Watchdog)
    # The versions with which its kubelet does not run; "" is no config, and DRIFT any drift.
    kubelet_fails: set[str] = field(default_factory=set)
    # Whether the kubelet has to be heard of before its config counts as verified.
    awaits_kubelet: bool = False
    # Since when the Node is not Ready, as it was observed.
    unready_since: int | None = None
    slowness: int = 1

    @property
    def uid(self) -> str:
        """What tells its Node from an earlier one of the same name."""
        return f"{self.name}@{self.born}"

    def ready(self, now: int) -> bool:
        """Return whether its kubelet reports Ready."""
        return now >= self.back_at and not self.sick and self._runs_kubelet

    def observe_ready(self, now: int) -> bool:
        """Return the same, and note since when it is not."""
        is_ready = self.ready(now)
        since = now if self.unready_since is None else self.unready_since
        self.unready_since = None if is_ready else since
        return is_ready

    @property
    def _runs_kubelet(self) -> bool:
        harmful = {version(self.config), *([DRIFT] if self.drift else [])}
        return not self.kubelet_fails & harmful

    def answers(self, now: int) -> bool:
        """Return whether it answers over SSH."""
        locked_out = version(self.config) in self.locks_out
        return now >= self.back_at and not self.silent and not locked_out

    def would_reboot(self, config: str) -> bool:
        """Return whether an update to the config includes a reboot, a pending one included."""
        return self.owes_reboot or reboots(version(self.config), version(config))

    def is_on(self, config: str) -> bool:
        """Return whether nothing is left to be applied."""
        return not self.differences(config)

    def differences(self, config: str) -> tuple[str, ...]:
        """Return the paths on the disk that differ from the config."""
        other = version(self.config) != version(config)
        return (*self.drift, *(["/etc/config"] if other else []))

    def breaks(self, config: str, phase: Phase) -> bool:
        """Return whether the config fails here in this phase."""
        return self.fails.get(version(config)) is phase

    @property
    def id(self) -> str:
        """Its machine ID."""
        return f"{self.name}-{self.installed}"

    def cordon(self, mark: str) -> None:
        """Cordon it for the controller, unless it is cordoned already."""
        if not self.unschedulable:
            self.unschedulable, self.mark = True, mark

    def uncordon(self, mark: str) -> None:
        """Remove the cordon with this mark, and no other."""
        if self.mark and self.mark == mark:
            self.unschedulable, self.mark = False, ""

    def apply(self, config: str, attempt: str, now: int) -> None:
        """Write the config to the disk; a run can roll it back until the next boot."""
        self.applied, self.superseded = (attempt, config), None
        self.watchdog.start(self.config, attempt, now, proven=self.proven)
        self.before, self.proven_before, self.proven = self.config, self.proven, False
        self.by_hand = False
        self.owes_reboot = self.would_reboot(config)
        self.config, self.drift = config, ()
        self.serial += 1

    def roll_back(self) -> bool:
        """Return to the config before, unless it has booted since; return whether it did."""
        if self.before is None:
            return False
        self.config, self.before, self.owes_reboot = self.before, None, False
        self.proven = self.proven_before
        self.serial += 1
        self.watchdog.confirm()
        return True

    def roll_back_alone(self, now: int, seconds: int) -> None:
        """Return to the config before since nobody has confirmed, by a boot if it has booted."""
        booted = self.before is None
        self.config, self.proven = self.watchdog.roll_back(self.config)
        self.before, self.owes_reboot = None, False
        self.serial += 1
        if booted:
            # A boot has to be verified.
            self.proven = False
            self.boot_unasked(now + seconds)

    def boot_unasked(self, back_at: int) -> None:
        """Boot at that time without the order of a run."""
        self.boots_unasked += 1
        self.reboot(back_at)

    def reboot(self, back_at: int) -> None:
        """Boot into the config on the disk."""
        self.boots += 1
        self.back_at = back_at
        self.watchdog.boot(back_at)
        self.awaits_kubelet = True
        self.before, self.owes_reboot = None, False

    def verify(self, config: str) -> None:
        """Have the config, and maybe a new name of it, verified; no rollback is possible now."""
        self.config = config
        self.watchdog.confirm()
        self.before = self.failed = None
        self.proven, self.awaits_kubelet = True, False
        self.serial += 1

    def bring_to(self, config: str) -> None:
        """Be brought to the config by hand, without the controller."""
        earlier = self.failed or self.applied
        if earlier and version(earlier[1]) != version(config):
            self.superseded = earlier
        self.owes_reboot, self.by_hand, self.drift = False, True, ()
        self.verify(config)

    def reinstall(self) -> None:
        """Be another machine under the same Node."""
        self.installed += 1
        self.owes_reboot, self.drift, self.fence = False, (), 0
        self.verify("")

    def register_again(self, now: int) -> None:
        """Return as another Node of the same name, which is not cordoned."""
        self.born = now
        self.unschedulable = self.cordoned_by_hand = self.held = False
        self.mark = ""
