"""A Node at one moment, with the predicates that the planner needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from controller.api import names
from controller.api.machine_config_node import (
    Drift,
    MachineConfigNodeStatus,
    NodeState,
    Phase,
    Requests,
)
from controller.api.meta import ConditionStatus
from controller.planning.control_plane_facts import ETCD, StaticPod

_RESTORED: Final = Drift(path=names.RECORD, kind=names.RESTORED)


@dataclass(frozen=True)
class Node:
    """A Node and the status of its MachineConfigNode, which only the controller writes.

    A kubelet may write the annotations of its Node, so no decision depends on those that copy the
    status, unless this was lost; `mirrored` is whether they match it.
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
    # From annotations of the Node.
    requests: Requests = field(default_factory=Requests)
    # Whether it has the taint that keeps pods from a node before its first config.
    tainted: bool = False
    # The mark of the controller's cordon, or of the one that a run is about to set.
    cordon_mark: str = ""
    # The current config by its annotations, only where its status was lost.
    annotated_config: str = ""
    # From the kubelet; empty where it reports none.
    boot_id: str = ""
    internal_ips: tuple[str, ...] = ()
    # Whether k3s reports that this node has a voting member of etcd.
    etcd_voter: bool = False
    # Its API server and etcd, where they are static pods.
    static_pods: tuple[StaticPod, ...] = ()
    # Since when it is not Ready; None while it is, and where nobody has reported it.
    unready_since: datetime | None = None

    @property
    def available(self) -> bool:
        """Whether pods can be placed on the node and run there."""
        return self.ready and not self.pressured and not self.unschedulable

    @property
    def failing_pods(self) -> tuple[str, ...]:
        """The static pods of the control plane that are not ready, by name."""
        return tuple(sorted(pod.name for pod in self.static_pods if not pod.ready))

    @property
    def unstarted_pods(self) -> tuple[str, ...]:
        """The static pods whose status is from before the reboot of the last update."""
        before = () if self.in_update else self.status.pods_before_boot
        return tuple(sorted(pod.name for pod in self.static_pods if pod.start in before))

    @property
    def has_etcd(self) -> bool:
        """Whether a member of etcd is seen on it."""
        return self.etcd_voter or any(pod.component == ETCD for pod in self.static_pods)

    @property
    def in_update(self) -> bool:
        """Whether it is between two configs; a failed update counts."""
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
    def untouched(self) -> bool:
        """Whether it can run pods as if no update had been given to it."""
        return not self.status.between_configs and not self.cordoned_by_controller

    @property
    def drain_abandoned(self) -> bool:
        """Whether its drain was abandoned, with nothing applied, so that it can run pods."""
        status, failure = self.status, self.status.last_failure
        drained = failure is not None and failure.phase is Phase.DRAIN
        return status.state is NodeState.DEGRADED and drained and not status.between_configs

    @property
    def drifted(self) -> bool:
        """Whether it is Degraded because its disk differs from its config."""
        return self.status.state is NodeState.DEGRADED and not self.in_update

    @property
    def restored(self) -> bool:
        """Whether an administrator has restored all originals, so that it is left alone."""
        return _RESTORED in self.status.drift

    @property
    def failed(self) -> bool:
        """Whether its update has failed, and is not finished since."""
        return self.in_update and self.status.state is NodeState.DEGRADED

    @property
    def expected_config(self) -> str:
        """The config with which a check compares it: after a failed update the desired one."""
        status = self.status
        if self.failed or not status.current_config:
            return status.desired_config
        return status.current_config

    @property
    def settled(self) -> bool:
        """Whether no update is under way, so that a check can compare it with its config."""
        return self.status.state is NodeState.DONE or self.drifted

    @property
    def not_checked(self) -> bool:
        """Whether the last check could not reach it."""
        conditions = self.status.conditions
        drifted = next(
            (condition for condition in conditions if condition.type == names.DRIFTED), None
        )
        return drifted is not None and drifted.status is ConditionStatus.UNKNOWN

    @property
    def forced(self) -> bool:
        """Whether the force file on it requests that its config is applied again."""
        return any(drift.path == names.FORCE_FILE for drift in self.status.drift)

    @property
    def rebuilt(self) -> bool:
        """Whether its status was rebuilt from annotations, and no check has confirmed it yet."""
        return any(drift.kind == names.NOT_CHECKED for drift in self.status.drift)

    @property
    def check_requested(self) -> bool:
        """Whether a user has requested a check that was not made yet."""
        return self.requests.check not in {"", self.status.answered.check}

    @property
    def recover_requested(self) -> bool:
        """Whether a user has requested that its config is applied again.

        A request on a node without a status may have been handled before the status was lost.
        """
        handled = self.status.answered.recover
        return self.status.state is not None and self.requests.recover not in {"", handled}

    @property
    def may_risk_quorum(self) -> bool:
        """Whether a user lets this update begin though the quorum of the others is in doubt."""
        handled = self.status.answered.without_quorum
        return self.requests.without_quorum not in {"", handled}

    @property
    def reapply_requested(self) -> bool:
        """Whether its config is to be applied again though it runs it."""
        return self.forced or self.recover_requested

    def settled_on(self, config: str) -> bool:
        """Whether it is Done, and on `config`."""
        return self.status.state is NodeState.DONE and self.status.current_config == config
