#!/usr/bin/python
"""Write into the record that the node was verified and owes nothing."""

from __future__ import annotations

DOCUMENTATION = r"""
module: machineconfig_settle
short_description: Strike the debts of a verified node
description: Refuses where anything is still owed in this boot.
options:
  run:
    description: The run that claimed the record.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Write down that the node owes nothing
  machineconfig_settle:
    run: "{{ machineconfig_run }}"
"""

RETURN = r"""
boot_id:
  description: The boot that was verified.
  returned: always
  type: str
machine_id:
  description: The node's C(/etc/machine-id).
  returned: always
  type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.machineconfig_node import confirmation, record, undo
from ansible.module_utils.machineconfig_node.call import Answer, answer, turn
from ansible.module_utils.machineconfig_node.errors import NodeError


def settle(run: str) -> Answer:
    """Strike what is done, and give the way back up."""
    with turn(run) as found:
        owed = found.outstanding(record.boot_id())
        if owed:
            types = ", ".join(action["type"] for action in owed)
            raise NodeError(f"the node still owes: {types}", "run the update again")
        changed = found.debts is not None
        if confirmation.is_demanded(record.FOLDER):
            raise NodeError("the last apply was not confirmed yet", "run the update again")
        found.debts = None
        found.save()
        undo.discard(record.FOLDER)
    return _settled(found, changed=changed)


def preview() -> Answer:
    """What would be struck, with nothing touched."""
    found = record.load()
    return _settled(found, changed=found.debts is not None)


def _settled(found: record.Record, *, changed: bool) -> Answer:
    return {"changed": changed, "boot_id": record.boot_id(), "machine_id": found.machine_id}


def main() -> None:
    module = AnsibleModule(
        argument_spec={"run": {"type": "str", "required": True}}, supports_check_mode=True
    )
    if module.check_mode:
        answer(module, preview)
    answer(module, lambda: settle(module.params["run"]))


if __name__ == "__main__":
    main()
