"""A machine as it really is: what a run or a person does to it, and what it then is."""

from dataclasses import dataclass, field

from controller.api.machine_config_node import Phase
from tests.unit.reconcile.simulated_cluster.configs import reboots, version


@dataclass
class Machine:
    """One node's machine, its kubelet, and the Node that this has registered."""

    name: str
    # When it has registered its Node.
    born: int
    labels: dict[str, str] = field(default_factory=dict)
    # How often it was installed anew, each time as another machine.
    installed: int = 0
    # Whether a person has applied what is on the disk.
    by_hand: bool = False
    # The name of the rendered config on the disk, and what an apply has replaced, to be put back.
    config: str = ""
    before: str | None = None
    # The attempt, and the config, that were undone last.
    failed: tuple[str, str] | None = None
    owes_reboot: bool = False
    # Whether what is on the disk was verified, and whether what was there before had been.
    proven: bool = True
    proven_before: bool = True
    boots: int = 0
    back_at: int = 0
    unschedulable: bool = False
    # The word by which the controller knows its cordon; empty without one of its own.
    mark: str = ""
    # Who cordoned it in truth; the controller sees the mark alone.
    cordoned_by_hand: bool = False
    held: bool = False
    sick: bool = False
    silent: bool = False
    pressured: bool = False
    failing_pods: tuple[str, ...] = ()
    # The pod that cannot be evicted, and its PodDisruptionBudget.
    blocked_by: tuple[str, str] | None = None
    # The versions that do not work here, by the phase in which that shows.
    fails: dict[str, Phase] = field(default_factory=dict)
    slowness: int = 1

    def ready(self, now: int) -> bool:
        """Whether its kubelet says so."""
        return now >= self.back_at and not self.sick

    def answers(self, now: int) -> bool:
        """Whether SSH gets through."""
        return now >= self.back_at and not self.silent

    def would_reboot(self, config: str) -> bool:
        """Whether the config, or what an earlier one left owing, asks for a reboot."""
        return self.owes_reboot or reboots(version(self.config), version(config))

    def is_on(self, config: str) -> bool:
        """Whether nothing is left to be applied."""
        return version(self.config) == version(config)

    def breaks(self, config: str, phase: Phase) -> bool:
        """Whether the config fails here in this phase."""
        return self.fails.get(version(config)) is phase

    @property
    def id(self) -> str:
        """Its machine ID."""
        return f"{self.name}-{self.installed}"

    def cordon(self, mark: str) -> None:
        """Cordon it for us, unless somebody has cordoned it before."""
        if not self.unschedulable:
            self.unschedulable, self.mark = True, mark

    def uncordon(self, mark: str) -> None:
        """Take the cordon of this mark away, and no other."""
        if self.mark and self.mark == mark:
            self.unschedulable, self.mark = False, ""

    def apply(self, config: str) -> None:
        """Put the config on the disk; what was there can be put back until the next boot."""
        self.before, self.proven_before, self.proven = self.config, self.proven, False
        self.by_hand = False
        self.owes_reboot = self.would_reboot(config)
        self.config = config

    def put_back(self) -> bool:
        """Go back to what was there before, where nothing has booted into it, and say so."""
        if self.before is None:
            return False
        self.config, self.before, self.owes_reboot = self.before, None, False
        self.proven = self.proven_before
        return True

    def reboot(self, back_at: int) -> None:
        """Boot into what is on the disk."""
        self.boots += 1
        self.back_at = back_at
        self.before, self.owes_reboot = None, False

    def settle(self) -> None:
        """Be proven: there is no way back from here."""
        self.before = self.failed = None
        self.proven = True

    def bring_to(self, config: str) -> None:
        """Be brought to the config by hand, from where nobody knows of the cluster."""
        self.config, self.owes_reboot, self.by_hand = config, False, True
        self.settle()

    def install_anew(self) -> None:
        """Be another machine, of whose Node the kubelet takes over what is there."""
        self.installed += 1
        self.config, self.owes_reboot = "", False
        self.settle()

    def register_again(self, now: int) -> None:
        """Come back as another Node of the same name, which nobody has cordoned."""
        self.born = now
        self.unschedulable = self.cordoned_by_hand = self.held = False
        self.mark = ""
