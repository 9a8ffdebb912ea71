#!/usr/bin/python
"""Say what the node's record says, and change nothing."""

from __future__ import annotations

DOCUMENTATION = r"""
module: machineconfig_status
short_description: Tell what the node's record says, and whether the disk agrees
description:
  - Reads the record, the timer and what is managed. Nothing is changed, nothing is claimed.
options: {}
"""

EXAMPLES = r"""
- name: Read what the node's record says
  machineconfig_status:
  register: found
"""

RETURN = r"""
lines:
  description: What there is to say, in words.
  returned: always
  type: list
  elements: str
config:
  description: Name of the config that the node is on, empty where it is on none.
  returned: always
  type: str
owed:
  description: What is still to be done in this boot, in words.
  returned: always
  type: str
owes:
  description: Whether that is anything.
  returned: always
  type: bool
reboot:
  description: Whether a reboot is owed.
  returned: always
  type: bool
awaits_confirmation:
  description: Whether the node goes back by itself unless the last change is confirmed.
  returned: always
  type: bool
departures:
  description: Paths, units and SSH keys that are not as recorded, and in which way.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.machineconfig_node import account, confirmation, record
from ansible.module_utils.machineconfig_node.call import Answer, answer


def status() -> Answer:
    """All that the record tells."""
    found, boot_id = record.load(), record.boot_id()
    return {
        "changed": False,
        "lines": account.account(found, boot_id),
        "config": found.config,
        "owed": account.owed(found, boot_id),
        "owes": bool(found.outstanding(boot_id)),
        "reboot": found.owes_reboot(boot_id),
        "awaits_confirmation": confirmation.is_demanded(record.FOLDER),
        "departures": account.departures(found),
    }


def main() -> None:
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    answer(module, status)


if __name__ == "__main__":
    main()
