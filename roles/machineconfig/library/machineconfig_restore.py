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
  - With C(paths) only what was not given back before is given back there, whatever stands there
    now; the node stays on its config, and there is no tombstone.
  - The policy is read on the control node.
options:
  policy:
    description: File on the control node, a MachineConfiguration; left out, the shipped default.
    type: path
  run:
    description: The run that claimed the record; needed to change anything.
    type: str
  paths:
    description: Paths that no config manages any more, and whose originals are kept on the node.
    type: list
    elements: str
    default: []
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
unreturned:
  description:
    - What was not given back, by C(name), C(cause) and C(remedy). The rest is given back.
    - It stays as it is. A second restore tries again what could not be given back, and C(paths)
      gives back what somebody has changed.
  returned: always
  type: list
  elements: dict
unknown:
  description: Those of the C(paths) of which no original is kept.
  returned: with paths
  type: list
  elements: str
outstanding:
  description: The actions that are owed, so that what runs sees the originals.
  returned: always
  type: list
  elements: dict
"""
