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
from ansible.module_utils.machineconfig_node import record, services, timer
from ansible.module_utils.machineconfig_node.call import Answer, answer, turn


def carry_out(run: str) -> Answer:
    """Do what is owed, with the way back standing ready; a failure leaves the rest owed."""
    with turn(run) as found:
        if services.outstanding(found, record.boot_id()):
            timer.renew(record.FOLDER)
        done = services.carry_out(record.FOLDER, found, record.boot_id())
    return {"changed": bool(done), "done": done}


def main() -> None:
    module = AnsibleModule(
        argument_spec={"run": {"type": "str", "required": True}}, supports_check_mode=True
    )
    if module.check_mode:
        todo = services.outstanding(record.load(), record.boot_id())
        module.exit_json(changed=bool(todo), done=todo)
    answer(module, lambda: carry_out(module.params["run"]))


if __name__ == "__main__":
    main()
