"""Verify the health of the units after the last change."""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.base.errors import NodeError
from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.record import node_record
from ansible.module_utils.machineconfig_node.record.locked_record import locked_record
from ansible.module_utils.machineconfig_node.record.node_record import PendingActions
from ansible.module_utils.machineconfig_node.rollback import journal_file
from ansible.module_utils.machineconfig_node.services import health
from ansible.module_utils.machineconfig_node.systemd.boot_problems import Problems


def check(_: Parameters) -> Result:
    """Return the units that are unhealthy at this moment, whatever the cause."""
    return {"changed": False, "ailing": _sentences(health.unhealthy_units())}


def perform(parameters: Parameters) -> Result:
    """Watch the units until they are stable; fail if the last change has broken one."""
    record = node_record.load()
    outstanding = record.debts
    if outstanding is None:
        return {"changed": False, "ailing": []}
    watched = health.watch(
        outstanding.watched, _seconds(parameters, outstanding), parameters["patience"]
    )
    # After the watch, since no unit of the boot is waiting then.
    started = (journal_file.read(node_record.FOLDER) or {}).get("started", ())
    found = {**health.lost(record, started, node_record.boot_id()), **watched}
    broken = {name: problem for name, problem in found.items() if name not in outstanding.ailing}
    if broken:
        # The next apply must not consider them as unhealthy before its change.
        with locked_record(parameters["run"]) as held:
            held.watch(broken)
            held.save()
        raise NodeError("; ".join(_sentences(broken)), _remedy(broken))
    return {
        "changed": False,
        "ailing": [f"{each}, as before the change" for each in _sentences(found)],
    }


def _seconds(parameters: Parameters, outstanding: PendingActions) -> float:
    """Return how long to watch: 0 if no service was started."""
    started = bool(outstanding.done) or outstanding.boot_id != node_record.boot_id()
    return float(parameters["watch_seconds"]) if started else 0.0


def _sentences(problems: Problems) -> list[str]:
    return [f"{unit} {problem}" for unit, problem in sorted(problems.items())]


def _remedy(broken: Problems) -> str:
    units = " ".join(f"-u {unit}" for unit in sorted(broken))
    return (
        f"check `journalctl {units} -b` on the node; "
        "for a unit that is unrelated to this change, run `systemctl reset-failed UNIT`, or"
        " `systemctl start UNIT` if it was not started"
    )
