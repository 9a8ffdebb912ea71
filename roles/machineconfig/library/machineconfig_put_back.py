#!/usr/bin/python
"""Put back what the last apply has changed, where the node has not booted since."""

from __future__ import annotations

DOCUMENTATION = r"""
module: machineconfig_put_back
short_description: Go back to the config before the last apply
description:
  - Puts everything back, restarts what the apply had restarted, and proves what is there then.
  - Does nothing where the node has booted since the apply, or where nothing was applied.
options:
  run:
    description: The run that claimed the record.
    type: str
    required: true
  cause:
    description: Why, for the record.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Put the old config back
  machineconfig_put_back:
    run: "{{ machineconfig_run }}"
    cause: a service has failed to restart
"""

RETURN = r"""
config:
  description: The config that the node is on, empty where it was on none before.
  returned: always
  type: str
settled:
  description: Whether the node is what its record says and owes nothing, so that it can take pods.
  returned: always
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.machineconfig_node import going_back, record, undo
from ansible.module_utils.machineconfig_node.call import Answer, answer, turn


def put_back(run: str, cause: str) -> Answer:
    """Go back where that is possible without a reboot."""
    with turn(run) as found:
        changed = possible(found)
        back = going_back.go_back(record.FOLDER, found, cause) if changed else found
    owes = back.outstanding(record.boot_id()) or _booted_since(back)
    settled = not owes and not going_back.differing(back)
    return {"changed": changed, "config": back.config, "settled": settled}


def possible(found: record.Record) -> bool:
    """Whether an apply can be reverted in the boot that it was made in."""
    return not _booted_since(found) and undo.read(record.FOLDER) is not None


def _booted_since(found: record.Record) -> bool:
    return bool(found.debts and found.debts.boot_id != record.boot_id())


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "run": {"type": "str", "required": True},
            "cause": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    if module.check_mode:
        found = record.load()
        module.exit_json(changed=possible(found), config=found.config, settled=False)
    answer(module, lambda: put_back(module.params["run"], module.params["cause"]))


if __name__ == "__main__":
    main()
