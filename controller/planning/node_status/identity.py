"""The status of a node whose machine was replaced or whose MachineConfigNode was lost."""

from datetime import datetime

from controller.api import names
from controller.api.machine_config_node import Drift, Requests
from controller.planning.node_status.check import on_checked
from controller.planning.node_status.fields import Status


def from_annotations(pool: str, config: str, requests: Requests, now: datetime) -> Status:
    """Rebuild a lost status: by its annotations the Node was Done on `config`.

    It counts as drifted until a check confirms the config, so that nothing is overwritten; all
    `requests` count as handled.
    """
    status = Status(pool=pool, current_config=config, desired_config=config, answered=requests)
    return on_checked(status, [Drift(path=names.RECORD, kind=names.NOT_CHECKED)], now)


def on_reinstalled(status: Status) -> Status:
    """Another machine has the node's name: only the controller's cordon and requests remain."""
    return Status(answered=status.answered, cordon_mark=status.cordon_mark)


def with_handled(
    status: Status, *, check: str = "", recover: str = "", without_quorum: str = ""
) -> Status:
    """The requests with these nonces were handled; an empty one is no request."""
    nonces = {"check": check, "recover": recover, "without_quorum": without_quorum}
    handled = {request: nonce for request, nonce in nonces.items() if nonce}
    requests = status.answered.model_copy(update=handled)
    return status.model_copy(update={"answered": requests})


def as_annotations(status: Status) -> dict[str, str]:
    """Return the annotations of the Node that mirror the status; programs read these four."""
    return {
        names.CURRENT_CONFIG: status.current_config,
        names.DESIRED_CONFIG: status.desired_config,
        names.STATE: status.state.value if status.state else "",
        names.REASON: status.reason,
    }
