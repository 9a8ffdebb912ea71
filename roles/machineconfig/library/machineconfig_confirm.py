#!/usr/bin/python
"""Confirm the last apply, so that the node does not go back by itself."""

from __future__ import annotations

DOCUMENTATION = r"""
module: machineconfig_confirm
short_description: Take away the timer that would undo the last apply
description:
  - Call it over a connection that was made after the apply; over an older one it proves nothing.
options:
  run:
    description: The run that claimed the record.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Confirm the apply over a connection of its own
  machineconfig_confirm:
    run: "{{ machineconfig_run }}"
  vars:
    ansible_ssh_args: -o ControlMaster=no -o ControlPath=none
"""

RETURN = r"""
boot_id:
  description: The boot that was confirmed.
  returned: always
  type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.machineconfig_node import confirmation, record
from ansible.module_utils.machineconfig_node.call import Answer, answer, turn


def confirm(run: str) -> Answer:
    """Take the timer away."""
    with turn(run):
        changed = confirmation.confirm(record.FOLDER)
    return {"changed": changed, "boot_id": record.boot_id()}


def main() -> None:
    module = AnsibleModule(
        argument_spec={"run": {"type": "str", "required": True}}, supports_check_mode=True
    )
    if module.check_mode:
        changed = confirmation.is_demanded(record.FOLDER)
        module.exit_json(changed=changed, boot_id=record.boot_id())
    answer(module, lambda: confirm(module.params["run"]))


if __name__ == "__main__":
    main()
