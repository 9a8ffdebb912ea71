"""Transitions of a node's status: one function for each thing that can happen to the node."""

from controller.planning.node_status.check import (
    drift_message,
    on_checked,
    on_config_found,
    on_not_checked,
    on_restored,
    with_unreturned,
)
from controller.planning.node_status.failure import (
    drain_deadline,
    has_applied,
    on_drain_abandoned,
    on_failed,
    on_fence_refused,
    on_interrupted,
    on_stopped,
)
from controller.planning.node_status.fields import Status
from controller.planning.node_status.identity import (
    as_annotations,
    from_annotations,
    on_reinstalled,
    with_handled,
)
from controller.planning.node_status.unconfirmed import (
    is_locked_out,
    on_rolled_back,
)
from controller.planning.node_status.update import (
    on_done,
    on_drain_blocked,
    on_phase_entered,
    on_renamed,
    on_run_starting,
    on_targeted,
    on_uncordoned,
    on_unreachable,
    with_cordon_mark,
    with_pods_before,
)

__all__ = (
    "Status",
    "as_annotations",
    "drain_deadline",
    "drift_message",
    "from_annotations",
    "has_applied",
    "is_locked_out",
    "on_checked",
    "on_config_found",
    "on_done",
    "on_drain_abandoned",
    "on_drain_blocked",
    "on_failed",
    "on_fence_refused",
    "on_interrupted",
    "on_not_checked",
    "on_phase_entered",
    "on_reinstalled",
    "on_renamed",
    "on_restored",
    "on_rolled_back",
    "on_run_starting",
    "on_stopped",
    "on_targeted",
    "on_uncordoned",
    "on_unreachable",
    "with_cordon_mark",
    "with_handled",
    "with_pods_before",
    "with_unreturned",
)
