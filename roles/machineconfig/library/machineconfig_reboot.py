#!/usr/bin/python
"""Documents the action plugin of this name; on the node `machineconfig_step` runs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: machineconfig_reboot
short_description: Perform the pending reboot exactly once
description:
  - Checks the run, the boot ID and the pending actions under the node's lock, and orders the reboot
    only if it is still pending in this boot.
  - It removes the force file C(/run/machine-config-daemon-force), whose request it completes.
  - A reboot that is pending already, whoever ordered it, is not ordered again. While an inhibitor
    blocks shutdowns, or a power-off is scheduled or pending, none is ordered.
  - Then waits until the node responds with another boot ID. If it still responds from the same boot
    at the end, the failure is C(transient), and names what the reboot waits for.
options:
  run:
    description: The run that has claimed the record.
    type: str
    required: true
  timeout:
    description: Seconds to wait until the node is back.
    type: int
    default: 600
"""

EXAMPLES = r"""
- name: Reboot the node if a reboot is pending
  machineconfig_reboot:
    run: "{{ machineconfig_run }}"
"""

RETURN = r"""
boot_id:
  description: The boot ID at the end.
  returned: always
  type: str
resumes:
  description: Whether the reboot is still to come, so that nothing may be rolled back.
  returned: if true
  type: bool
previous_boot_id:
  description: The boot ID before the reboot; empty if no reboot was pending.
  returned: always
  type: str
"""
