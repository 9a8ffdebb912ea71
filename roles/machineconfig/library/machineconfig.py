#!/usr/bin/python
"""The documentation of the action plugin of this name; the node takes a `machineconfig_step`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: machineconfig
short_description: Bring files, units and SSH keys to a MachineConfig
description:
  - Compares or applies all files, systemd units and SSH keys of a node in one transaction.
  - The MachineConfig and the policy are read on the control node.
options:
  config:
    description: File on the control node, a rendered MachineConfig or plain Ignition; YAML or JSON.
    type: path
    required: true
  policy:
    description: File on the control node, a MachineConfiguration; left out, the shipped default.
    type: path
  user:
    description: The user whose C(~/.ssh/authorized_keys) takes the SSH keys.
    type: str
    default: boot
  run:
    description: The run that claimed the record; needed to change anything.
    type: str
  confirm_timeout:
    description:
      - Seconds after which the node goes back by itself to what it was before the apply, unless
        C(confirm) of M(machineconfig_step) is called over a connection that was made after it.
    type: int
    default: 600
  prove:
    description:
      - In check mode, whether to prove that what differs could be put in place.
      - An apply always does.
    type: bool
    default: true
  demanded:
    description: Fail where anything differs, since the apply is over.
    type: bool
    default: false
  again:
    description:
      - Apply a config from which the node has gone back because it had cut the node off, or that
        was applied and booted into before and could not be verified.
    type: bool
    default: false
  attempt:
    description:
      - Name of the attempt to bring the node to the config, the same for all of its retries. A
        retry of one that was booted into only verifies, and one that was undone after a drain is
        refused while nothing has changed since. Empty by hand.
    type: str
    default: ''
  planned:
    description:
      - Types of the actions that were planned for when the node was cordoned and drained.
      - More than those are refused, since the node has changed in between.
    type: list
    elements: str
  found:
    description:
      - What this module has returned in check mode. An apply then compares only once, with the
        change; where the node is no longer as found, what to do is decided anew.
    type: dict
"""

EXAMPLES = r"""
- name: Bring the node to its MachineConfig
  machineconfig:
    config: /srv/rendered-worker.yaml
    run: "{{ machineconfig_run }}"
"""

RETURN = r"""
only_verifies:
  description:
    - Whether the config was applied and booted into before, without being verified. What differs
      then is not applied again, since another reboot would not help.
  returned: always
  type: bool
failed_before:
  description:
    - How this attempt was undone before, where nothing that it rests on has changed since; empty
      otherwise.
  returned: always
  type: dict
differences:
  description:
    - Where the disk is not as wanted, by C(kind), C(name), C(path) and C(what) differs, and as
      C(detail) what is wanted and what was found; no contents.
  returned: always
  type: list
  elements: dict
actions:
  description: What the change asks for under the policy, and what an earlier one still owes.
  returned: always
  type: list
  elements: dict
forced:
  description:
    - Whether the force file C(/run/machine-config-daemon-force) asks for everything to be applied
      again, whether or not it differs, and for a reboot, which takes the file away.
  returned: always
  type: bool
awaits_confirmation:
  description: Whether the node goes back by itself unless the last apply is confirmed.
  returned: always
  type: bool
machine_id:
  description: The node's C(/etc/machine-id).
  returned: always
  type: str
wanted:
  description: Name of the config that the node was held against.
  returned: always
  type: str
unproven:
  description: What could not be proved here before it is changed, and why.
  returned: always
  type: list
  elements: str
cautions:
  description: What will be as asked, and is hardly meant.
  returned: in check mode
  type: list
  elements: str
unreturned:
  description:
    - What is no longer managed and was not given back, by C(name), C(cause) and C(remedy), since
      somebody has changed it or since it could not be.
    - It stays as it is with its original kept, and each later change looks again.
  returned: always
  type: list
  elements: dict
"""
