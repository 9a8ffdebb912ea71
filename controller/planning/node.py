"""A Node at one moment, and the questions that the planner puts to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from controller.api import names
from controller.api.machine_config_node import (
    Drift,
    MachineConfigNodeStatus,
    NodeState,
    Phase,
    Requests,
)
from controller.api.meta import ConditionStatus


@dataclass(frozen=True)
class Node:
    """A Node and what is known of its configuration.

    `status` is its MachineConfigNode's, which only the controller writes. A kubelet may write the
    annotations of its Node, so nothing is decided by them; `mirrored` says whether they still say
    the same.
    """

    name: str
    uid: str
    created: datetime
    labels: Mapping[str, str]
    address: str
    ready: bool
    pressured: bool
    unschedulable: bool
    cordoned_by_controller: bool
    held: bool
    status: MachineConfigNodeStatus
    runs_linux: bool = True
    mirrored: bool = True
    # What somebody has asked of the controller, by annotations of the Node.
    requests: Requests = field(default_factory=Requests)
    # Whether the Node still has the taint by which it takes no work before it is configured.
    tainted: bool = False
    # What the mark of our cordon says, or is to say when a run cordons it; nobody else's.
    cordon_mark: str = ""
    # The config that its annotations say it is settled on, where nothing else is known of it.
    annotated_config: str = ""
    # The boot that its kubelet reports; empty where it does not.
    boot_id: str = ""
    # Pods of the control plane on this node that are not ready, by name.
    failing_pods: tuple[str, ...] = ()

    @property
    def available(self) -> bool:
        """Whether pods can be placed on the node and run there."""
        return self.ready and not self.pressured and not self.unschedulable

    @property
    def in_update(self) -> bool:
        """Whether it was given a config and is neither there nor back; a failed one counts."""
        status = self.status
        if self.restored:
            return False
        if status.state is NodeState.DEGRADED:
            return status.last_failure is not None or status.current_config != status.desired_config
        return status.state is NodeState.WORKING

    @property
    def undisturbed(self) -> bool:
        """Whether the next run of its update would be the first to disturb it."""
        status = self.status
        begun = status.applied or self.cordoned_by_controller
        return not begun and status.desired_config != status.current_config

    @property
    def drain_abandoned(self) -> bool:
        """Whether its drain ended in vain and it takes pods again, with nothing applied."""
        status, failure = self.status, self.status.last_failure
        drained = failure is not None and failure.phase is Phase.DRAIN
        return status.state is NodeState.DEGRADED and drained and not status.between_configs

    @property
    def drifted(self) -> bool:
        """Whether it is Degraded because it no longer is what its config says."""
        return self.status.state is NodeState.DEGRADED and not self.in_update

    @property
    def restored(self) -> bool:
        """Whether a person has given all its originals back, so that it is left alone."""
        return Drift(path=names.RECORD, kind=names.RESTORED) in self.status.drift

    @property
    def failed(self) -> bool:
        """Whether an update of it has failed, and not ended since."""
        return self.in_update and self.status.state is NodeState.DEGRADED

    @property
    def expected_config(self) -> str:
        """The config that a check holds it against: that of its update where this has failed."""
        status = self.status
        if self.failed or not status.current_config:
            return status.desired_config
        return status.current_config

    @property
    def settled(self) -> bool:
        """Whether no update is under way or owed, so that its config can be held against it."""
        return self.status.state is NodeState.DONE or self.drifted

    @property
    def not_checked(self) -> bool:
        """Whether the last check could not look at it."""
        conditions = self.status.conditions
        drifted = next((each for each in conditions if each.type == names.DRIFTED), None)
        return drifted is not None and drifted.status is ConditionStatus.UNKNOWN

    @property
    def forced(self) -> bool:
        """Whether a file on it asks to apply everything again."""
        return any(each.path == names.FORCE_FILE for each in self.status.drift)

    @property
    def unconfirmed(self) -> bool:
        """Whether it is to be looked at, since what was known of it was lost."""
        return any(each.kind == names.NOT_CHECKED for each in self.status.drift)

    @property
    def check_requested(self) -> bool:
        """Whether somebody waits for a check."""
        return self.requests.check not in {"", self.status.last_handled_requests.check}

    @property
    def recover_requested(self) -> bool:
        """Whether somebody wants its config to be applied again.

        Whatever was asked before anything was known of the node may have been answered long ago.
        """
        answered = self.status.last_handled_requests.recover
        return self.status.state is not None and self.requests.recover not in {"", answered}

    @property
    def reapply_requested(self) -> bool:
        """Whether it is to be brought to its config though it is on it."""
        return self.forced or self.recover_requested

    def settled_on(self, config: str) -> bool:
        """Whether it is Done, and on `config`."""
        return self.status.state is NodeState.DONE and self.status.current_config == config
