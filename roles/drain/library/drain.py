#!/usr/bin/python
"""Documents the action plugin of this name; nothing runs on the node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: drain
short_description: Evict the pods of a node in one bounded attempt
description:
  - Runs where ansible-playbook runs, and reaches the API server through C(kubectl proxy), with the
    environment of the user who runs it. Nothing is sent to the node.
  - An attempt ends when no pod is left to evict, when its time is up, or when no pod makes
    progress. It fails if pods are left that block the drain, and returns each with its cause and
    remedy.
  - In check mode nothing is evicted. It returns what would be evicted and what would block.
options:
  node:
    description: The name of the Node, which has to be cordoned.
    type: str
    required: true
  timeout:
    description: Maximum duration of the attempt in seconds.
    type: int
    required: true
  begins:
    description: Whether this is the first call of an attempt, which ends early with C(goes_on).
    type: bool
    default: false
  evicted:
    description: The pods that an earlier call of this attempt has evicted.
    type: list
    elements: str
  settings:
    description: Members of C(spec.drain). They override those of the files.
    type: dict
  pool:
    description: File with the MachineConfigPool of the node.
    type: path
  policy:
    description: File with the MachineConfiguration.
    type: path
  gives_back:
    description: Whether the node has to be uncordoned if pods are left or cannot be evicted.
    type: bool
    default: false
  keeps:
    description: Whether the node stays cordoned in any case, since it is not ready for pods.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Drain the node, but lose no data
  drain:
    node: worker-1
    timeout: 300
    settings: {emptyDirData: Block}
"""

RETURN = r"""
evicted:
  description: The evicted pods as namespace/name; in check mode those that would be evicted.
  returned: always
  type: list
  elements: str
blockers:
  description: The pods that block the drain, each with pod, reason, message and remedy.
  returned: always
  type: list
  elements: dict
left:
  description: The pods that were not waited for, since the kubelet is silent, with the cause.
  returned: always
  type: list
  elements: str
stranded:
  description: The pods that stay on the node since no other one could take them.
  returned: always
  type: list
  elements: str
goes_on:
  description: Whether pods are left that another call should wait for.
  returned: with C(begins)
  type: bool
gives_back:
  description: Whether the node has to be uncordoned.
  returned: when pods are left
  type: bool
"""
