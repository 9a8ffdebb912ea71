#!/usr/bin/python
"""The documentation of the action plugin of this name; the node takes a `machineconfig_step`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: machineconfig_reboot
short_description: Order the reboot that the record owes, exactly once
description:
  - Checks the run, the boot ID and the debt under the node's lock, and orders the reboot only where
    it is still owed in this boot.
  - It ends what the force file C(/run/machine-config-daemon-force) asks for, and the file goes.
  - Then waits until the node answers with another boot ID.
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
