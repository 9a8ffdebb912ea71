#!/usr/bin/python
"""The documentation of the action plugin of this name; nothing runs on the node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: drain
short_description: Evict the pods of a node in one bounded attempt
description:
  - Runs where ansible-playbook runs, and reaches the API server through C(kubectl proxy), with the
    environment of the person who runs it. Nothing is sent to the node.
  - An attempt ends when the node is free, when its time is up, or when no pod moves any more. It
    fails where pods are left that it waits for, and names each with its cause and remedy.
  - In check mode nothing is evicted. It tells what would be, and what it would wait for.
options:
  node:
    description: The name of the Node, which has to be cordoned.
    type: str
    required: true
  timeout:
    description: How many seconds the attempt may take.
    type: int
    required: true
  settings:
    description: Members of C(spec.drain), which count before those of the files.
    type: dict
  pool:
    description: A file with the MachineConfigPool of the node.
    type: path
  policy:
    description: A file with the MachineConfiguration.
    type: path
  gives_back:
    description: Whether the node is to be uncordoned if pods are left, or cannot be evicted.
    type: bool
    default: false
  keeps:
    description: Whether the node stays cordoned whatever else is said; it is not fit for pods.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Free the node, but lose no data
  drain:
    node: worker-1
    timeout: 300
    settings: {emptyDirData: Block}
"""

RETURN = r"""
evicted:
  description: The pods that were evicted, as namespace/name; in check mode those that would be.
  returned: always
  type: list
  elements: str
blockers:
  description: The pods that are waited for, each with pod, reason, message and remedy.
  returned: always
  type: list
  elements: dict
gives_back:
  description: Whether the node is to be uncordoned.
  returned: when pods are left
  type: bool
"""
