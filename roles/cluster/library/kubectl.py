#!/usr/bin/python
"""The documentation of the action plugin of this name; nothing runs on the node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kubectl
short_description: Run kubectl beside the playbook
description:
  - Runs kubectl where ansible-playbook runs, with its environment, as the person who runs it.
  - Nothing is sent to the node, so no become and no delegation is needed.
options:
  argv:
    description: What follows the word kubectl.
    type: list
    elements: str
    required: true
  changes:
    description: Whether the call changes the cluster; one that does is left out in check mode.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Read the node
  kubectl:
    argv: [get, node, worker-1, --output=name]
  register: node
"""

RETURN = r"""
rc:
  description: The exit status of kubectl; it fails the task unless it is 0.
  returned: always
  type: int
stdout:
  description: What kubectl printed.
  returned: always
  type: str
stderr:
  description: What kubectl complained of.
  returned: always
  type: str
"""
