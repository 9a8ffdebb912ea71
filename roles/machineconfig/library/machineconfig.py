#!/usr/bin/python
"""Documents the action plugin of this name; on the node `machineconfig_step` runs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: machineconfig
short_description: Apply files, units and SSH keys of a MachineConfig
description:
  - Compares or applies all files, systemd units and SSH keys of a node in one transaction.
  - The MachineConfig and the policy are read on the control node.
options:
  config:
    description: File on the control node, a rendered MachineConfig or plain Ignition; YAML or JSON.
    type: path
    required: true
  policy:
    description: File on the control node, a MachineConfiguration. Defaults to the shipped one.
    type: path
  user:
    description: The user whose C(~/.ssh/authorized_keys) file gets the SSH keys.
    type: str
    default: boot
  run:
    description: The run that has claimed the record; required for any change.
    type: str
  confirm_timeout:
    description:
      - Seconds after which the watchdog rolls back the apply, unless C(confirm) of
        M(machineconfig_step) is called over a connection that was opened after it.
    type: int
    default: 600
  prove:
    description:
      - In check mode, whether to validate that the differences can be applied.
      - An apply always validates.
    type: bool
    default: true
  demanded:
    description: Fail if anything differs, since the apply is over.
    type: bool
    default: false
  again:
    description:
      - Apply a config once more that locked out the controller, or that was applied and booted and
        failed to verify.
    type: bool
    default: false
  attempt:
    description:
      - Name of the attempt to update the node to the config, the same for all of its retries. A
        retry of one that was booted only verifies, and one that was rolled back after a drain is
        refused while nothing has changed since. Empty by hand.
    type: str
    default: ''
  planned:
    description:
      - Types of the actions that the node was cordoned and drained for.
      - If others are required, the apply is refused, since the node has changed in between.
    type: list
    elements: str
  found:
    description:
      - Result of this module in check mode. An apply then compares only once, with the change; if
        the node has changed in between, the actions are decided again.
    type: dict
"""

EXAMPLES = r"""
- name: Apply the MachineConfig to the node
  machineconfig:
    config: /srv/rendered-worker.yaml
    run: "{{ machineconfig_run }}"
"""

RETURN = r"""
only_verifies:
  description:
    - Whether the config was applied and booted before, without being verified. Differences are
      then not applied again, since another reboot would not help.
  returned: always
  type: bool
failed_before:
  description:
    - How this attempt was rolled back before, if none of its inputs has changed since; else
      empty.
  returned: always
  type: dict
differences:
  description:
    - Differences between the disk and the config, by C(kind), C(name), C(path) and C(what)
      differs, with the desired and the found value as C(detail); no contents.
  returned: always
  type: list
  elements: dict
actions:
  description: Actions that the change requires under the policy, and earlier ones still pending.
  returned: always
  type: list
  elements: dict
forced:
  description:
    - Whether the force file C(/run/machine-config-daemon-force) exists. It requests that everything
      is applied again, whether or not it differs, and a reboot, which removes the file.
  returned: always
  type: bool
awaits_confirmation:
  description: Whether the watchdog rolls back unless the last apply is confirmed.
  returned: always
  type: bool
rolled_back:
  description: That and why the watchdog rolled back this config last; empty if it did not.
  returned: in check mode
  type: str
locked_out:
  description:
    - Whether this run waited for the node from the reboot until the watchdog had rolled the config
      back, and was not let in before.
  returned: if true
  type: bool
machine_id:
  description: The node's C(/etc/machine-id).
  returned: always
  type: str
wanted:
  description: Name of the config that the node was compared with.
  returned: always
  type: str
unproven:
  description: What could not be validated in advance, and why.
  returned: always
  type: list
  elements: str
cautions:
  description: Effects that will be as configured, but are hardly intended.
  returned: in check mode
  type: list
  elements: str
unreturned:
  description:
    - Originals that were not restored although they are no longer managed, by C(name), C(cause)
      and C(remedy), because they were changed by another user or could not be restored.
    - They are kept, and each later change tries again.
  returned: always
  type: list
  elements: dict
"""
