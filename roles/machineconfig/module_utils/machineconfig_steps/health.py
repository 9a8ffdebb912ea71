"""Result for the units that the last change has touched, and for all that it may have broken."""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.base.errors import NodeError
from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.record import node_record
from ansible.module_utils.machineconfig_node.record.locked_record import locked_record
from ansible.module_utils.machineconfig_node.record.node_record import PendingActions
from ansible.module_utils.machineconfig_node.services import health
from ansible.module_utils.machineconfig_node.services.health import Problems


def check(_: Parameters) -> Result:
    """What units suffer from at this moment, whatever the cause."""
    return {"changed": False, "ailing": _in_words(health.unhealthy_units())}


def perform(parameters: Parameters) -> Result:
    """Watch the machine's units come to rest; one that the last change has broken is an error."""
    debts = node_record.load().debts
    if debts is None:
        return {"changed": False, "ailing": []}
    found = health.watch(debts.watched, _seconds(parameters, debts), parameters["patience"])
    broken = {name: words for name, words in found.items() if name not in debts.ailing}
    if broken:
        # Whoever applies next must not take them for units that were ill already.
        with locked_record(parameters["run"]) as held:
            held.watch(broken)
            held.save()
        raise NodeError("; ".join(_in_words(broken)), _remedy(broken))
    return {
        "changed": False,
        "ailing": [f"{each}, as before the change" for each in _in_words(found)],
    }


def _seconds(parameters: Parameters, debts: PendingActions) -> float:
    """How long to watch: where nothing was started, nothing is on its way to fail."""
    started = bool(debts.done) or debts.boot_id != node_record.boot_id()
    return float(parameters["watch_seconds"]) if started else 0.0


def _in_words(found: Problems) -> list[str]:
    return [f"{unit} {words}" for unit, words in sorted(found.items())]


def _remedy(broken: Problems) -> str:
    units = " ".join(f"-u {unit}" for unit in sorted(broken))
    return (
        f"see `journalctl {units} -b` on the node; "
        "one that is not of this change passes after `systemctl reset-failed UNIT`"
    )
