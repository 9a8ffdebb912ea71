"""An executor starts runs of playbooks, which report progress and have a result for each node.

`local.py` runs them as processes of this machine; another executor is another file beside it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from controller.api.json_object import Json
from controller.api.machine_config_node import Blocker, Phase, Unreturned
from controller.planning.drift.findings import Findings


@dataclass(frozen=True)
class Connection:
    """How a node is reached over SSH; its modules run on the first of `pythons` that it has."""

    user: str
    port: int
    key: Path | None
    known_hosts: Path | None
    pythons: tuple[str, ...] = ("/usr/bin/python3",)


@dataclass(frozen=True, eq=False)
class Host:
    """A node of a run, how it is reached, and its MachineConfig."""

    node: str
    address: str
    machine_config: Json
    connection: Connection


@dataclass(frozen=True)
class Request:
    """One run of one playbook over `hosts`; `fence` is the leader's fencing number.

    `name` distinguishes the run from others of this playbook, if its one host does not. `pool` is
    the MachineConfigPool of the hosts. `variables` are role variables of this run alone; they must
    not contain anything that a user or a node has written, since Ansible evaluates them.
    """

    playbook: str
    hosts: tuple[Host, ...]
    policy: Json | None
    fence: int
    name: str = ""
    pool: Json | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Verified:
    """What a node reported at the end of an update that succeeded.

    `rebooted` is whether it has booted since the config was applied.
    """

    boot_id: str = ""
    machine_id: str = ""
    rebooted: bool = False
    unreturned: tuple[Unreturned, ...] = ()


@dataclass(frozen=True)
class Result:
    """How a run ended for one node.

    `phase` is the last that was entered. An update that succeeded has `verified` the node; a check
    that succeeded has `findings`, unless the node's answer was invalid.

    `unreachable` marks a node that did not answer, and `transient` any failure that may pass by
    itself. `refused_by_fence` is the fencing number in the record that refused the run, 0 where it
    did not, and `restored` marks a refusal because all originals were restored by hand.
    `rolled_back` marks a node that is proven to run its previous config again. `blockers` are the
    pods that a drain waited for, and `drain_abandoned` marks a node that was uncordoned then.
    `unconfirmed` marks a refusal because the watchdog has rolled the config back, and
    `login_failed` a node that could not be logged in to; both, that this was so until the rollback.
    `left` are pods, each with the cause, that a drain did not wait for on the node of a silent
    kubelet.
    `shortage` names what the controller itself was short of: then the rest has no meaning for the
    node.
    """

    succeeded: bool
    phase: Phase = Phase.IDLE
    verified: Verified = Verified()
    findings: Findings | None = None
    unreachable: bool = False
    transient: bool = False
    cause: str = ""
    remedy: str = ""
    refused_by_fence: int = 0
    restored: bool = False
    rolled_back: bool = False
    blockers: tuple[Blocker, ...] = ()
    drain_abandoned: bool = False
    unconfirmed: bool = False
    login_failed: bool = False
    left: tuple[str, ...] = ()
    shortage: str = ""

    @property
    def message(self) -> str:
        """The cause, and the remedy where there is one."""
        return f"{self.cause} ({self.remedy})" if self.remedy else self.cause


class Run(Protocol):
    """A run that was started."""

    @property
    def command(self) -> str:
        """The command line that repeats it by hand."""

    @property
    def phase(self) -> Phase:
        """The phase that was entered last."""

    @property
    def waiting_for(self) -> str:
        """The answer that is overdue, as a text; empty if none is."""

    @property
    def results(self) -> Mapping[str, Result] | None:
        """The result of each node, once the run has ended; None before."""

    @property
    def reported(self) -> Mapping[str, Result]:
        """The final results that are known before the run has ended: checks that succeeded."""

    @property
    def blockers(self) -> tuple[Blocker, ...]:
        """The pods that its drain waits for after the first seconds."""

    def cancel(self) -> None:
        """Tell the run to end; `wait` for it then."""

    def wait(self) -> None:
        """Wait until no process of the run is left."""


class Executor(Protocol):
    """Starts runs."""

    def start(self, request: Request) -> Run:
        """Start a run, and return at once.

        Raises:
            ShortageError: the controller itself is short of a resource.
        """


def cancel_all(runs: Iterable[Run]) -> None:
    """Cancel runs, all before the first is waited for, and wait until they have ended."""
    cancelled = tuple(runs)
    for run in cancelled:
        run.cancel()
    for run in cancelled:
        run.wait()
