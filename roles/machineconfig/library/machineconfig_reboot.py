#!/usr/bin/python
"""Order the reboot that the record owes."""

from __future__ import annotations

DOCUMENTATION = r"""
module: machineconfig_reboot
short_description: Order the reboot that the record owes, exactly once
description:
  - Checks the run, the boot ID and the debt under the node's lock, and orders the reboot only where
    it is still owed in this boot.
  - It ends what the force file C(/run/machine-config-daemon-force) asks for, and the file goes.
  - The action plugin of the same name then waits until the node answers with another boot ID.
options:
  run:
    description: The run that claimed the record.
    type: str
    required: true
  timeout:
    description: Seconds to wait for the node to come back.
    type: int
    default: 600
"""

EXAMPLES = r"""
- name: Reboot the node if that is owed
  machineconfig_reboot:
    run: "{{ machineconfig_run }}"
"""

RETURN = r"""
boot_id:
  description: The boot that the node is in at the end.
  returned: always
  type: str
previous_boot_id:
  description: The boot that was ended, empty where no reboot was owed.
  returned: always
  type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.machineconfig_node import force_file, record, systemd, timer
from ansible.module_utils.machineconfig_node.call import Answer, answer, turn


def order(run: str) -> Answer:
    """Order the reboot where it is owed, with the way back standing ready."""
    with turn(run) as found:
        ordered = found.owes_reboot(record.boot_id())
        if ordered:
            timer.renew(record.FOLDER)
            systemd.reboot()
            force_file.remove()
    return {"changed": ordered, "boot_id": record.boot_id()}


def main() -> None:
    module = AnsibleModule(
        argument_spec={"run": {"type": "str", "required": True}}, supports_check_mode=True
    )
    if module.check_mode:
        boot_id = record.boot_id()
        module.exit_json(changed=record.load().owes_reboot(boot_id), boot_id=boot_id)
    answer(module, lambda: order(module.params["run"]))


if __name__ == "__main__":
    main()
