"""Start the pending reboot, exactly once."""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.base import force_file
from ansible.module_utils.machineconfig_node.base.errors import TransientError
from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.preflight import reboots
from ansible.module_utils.machineconfig_node.record import node_record
from ansible.module_utils.machineconfig_node.record.locked_record import locked_record
from ansible.module_utils.machineconfig_node.rollback import watchdog
from ansible.module_utils.machineconfig_node.systemd import shutdown_state, systemctl


def check(_: Parameters) -> Result:
    """Return whether a reboot is still to be performed, and the shutdown that is under way."""
    return _result(changed=node_record.load().needs_reboot(node_record.boot_id()))


def perform(parameters: Parameters) -> Result:
    """Start the reboot if it is still to be performed, with the watchdog started again."""
    with locked_record(parameters["run"], in_shutdown=True) as record:
        rebooting = record.needs_reboot(node_record.boot_id())
        if rebooting:
            _order()
            force_file.remove()
    return _result(changed=rebooting)


def _order() -> None:
    """Order the reboot, unless one is under way already: by an earlier run, or by anyone else."""
    shutdown = shutdown_state.pending()
    if shutdown is None:
        reboots.refuse_if_not_now()
        watchdog.renew(node_record.FOLDER)
        systemctl.reboot()
    elif not shutdown.is_reboot:
        raise TransientError(str(shutdown), shutdown_state.remedy(shutdown))


def _result(*, changed: bool) -> Result:
    shutdown = shutdown_state.pending()
    found = {"cause": str(shutdown), "remedy": shutdown_state.remedy(shutdown)} if shutdown else {}
    return {"changed": changed, "boot_id": node_record.boot_id(), "shutdown": found}
