#!/usr/bin/python
"""Documents the action plugin of this name; nothing runs on the node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kubectl
short_description: Run kubectl on the control node
description:
  - Runs kubectl where ansible-playbook runs, with its environment and its user.
  - Nothing is sent to the node, so no become and no delegation is needed.
options:
  argv:
    description: Arguments of kubectl.
    type: list
    elements: str
    required: true
  changes:
    description: Whether the call changes the cluster. Such a call is skipped in check mode.
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
  description: Exit status of kubectl. The task fails unless it is 0.
  returned: always
  type: int
stdout:
  description: Standard output of kubectl.
  returned: always
  type: str
stderr:
  description: Standard error of kubectl.
  returned: always
  type: str
"""
