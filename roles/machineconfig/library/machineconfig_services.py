#!/usr/bin/python
"""Reload and restart what the last apply owes."""

from __future__ import annotations

DOCUMENTATION = r"""
module: machineconfig_services
short_description: Carry out the service actions that the record owes
description:
  - Does each owed DaemonReload, Reload and Restart once, in order, and strikes it from the record.
  - Does nothing where a reboot is owed, which does all of them.
options:
  run:
    description: The run that claimed the record.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Reload and restart what the change asks for
  machineconfig_services:
    run: "{{ machineconfig_run }}"
"""

RETURN = r"""
done:
  description: The actions carried out, in order.
  returned: always
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.machineconfig_node import record, systemd
from ansible.module_utils.machineconfig_node.call import Answer, answer, turn


def outstanding(found: record.Record) -> list[record.Action]:
    """The service actions still owed in this boot."""
    owed = found.debts.outstanding(record.boot_id()) if found.debts else []
    return [] if any(each["type"] == "Reboot" for each in owed) else list(owed)


def carry_out(run: str) -> Answer:
    """Do what is owed; a failure leaves the rest owed."""
    with turn(run) as found:
        todo = outstanding(found)
        if todo and found.debts and found.debts.daemon_reload:
            systemd.daemon_reload()
            found.debts.daemon_reload = False
            found.save()
        for action in todo:
            _do(action)
            found.debts.actions.remove(action)
            found.save()
    return {"changed": bool(todo), "done": todo}


def _do(action: record.Action) -> None:
    if action["type"] == "DaemonReload":
        systemd.daemon_reload()
    elif action["type"] == "Reload":
        systemd.reload(action["reload"]["serviceName"])
    elif action["type"] == "Restart":
        systemd.restart(action["restart"]["serviceName"])


def main() -> None:
    module = AnsibleModule(
        argument_spec={"run": {"type": "str", "required": True}}, supports_check_mode=True
    )
    if module.check_mode:
        todo = outstanding(record.load())
        module.exit_json(changed=bool(todo), done=todo)
    answer(module, lambda: carry_out(module.params["run"]))


if __name__ == "__main__":
    main()
