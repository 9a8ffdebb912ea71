#!/usr/bin/python
"""The documentation of the action plugin of this name; the node takes a `machineconfig_step`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: machineconfig_restore
short_description: Give back everything that was there before the first config
description:
  - Gives back every path, enablement and SSH key that is managed on the node, in one transaction;
    what somebody has changed since is left as it is, and named.
  - The record then holds no config, and a tombstone, by which controllers leave the node alone.
  - The policy is read on the controller.
options:
  policy:
    description: File on the controller, a MachineConfiguration; left out, the shipped default.
    type: path
  run:
    description: The run that claimed the record; needed to change anything.
    type: str
  confirm_timeout:
    description:
      - Seconds after which the node goes back by itself to the config before, unless
        C(confirm) of M(machineconfig_step) is called over a connection that was made after it.
    type: int
    default: 600
"""

EXAMPLES = r"""
- name: Give every original back
  machineconfig_restore:
    run: "{{ machineconfig_claimed.run }}"
"""

RETURN = r"""
config:
  description: The config that went.
  returned: always
  type: str
owed_differences:
  description: What is given back, by kind, name and path; no contents.
  returned: always
  type: list
  elements: dict
left:
  description: Paths that somebody changed, and that were left as they are.
  returned: always
  type: list
  elements: str
unreturned:
  description:
    - What could not be given back, by C(name), C(cause) and C(remedy). The rest is given back.
    - It stays as it is, and a second restore tries again.
  returned: always
  type: list
  elements: dict
outstanding:
  description: The actions that are owed, so that what runs sees the originals.
  returned: always
  type: list
  elements: dict
"""
