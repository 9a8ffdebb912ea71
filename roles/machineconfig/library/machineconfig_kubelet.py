#!/usr/bin/python
"""Documents the action plugin of this name; on the node `machineconfig_step` runs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: machineconfig_kubelet
short_description: Wait until the node's kubelet is back
description:
  - Waits until the kubelet has renewed its Lease and the Node is Ready, as the API server reports.
  - Fails with the state of the kubelet's unit if the API server answers and the kubelet is not back
    in time. A failure because the API server does not answer is marked as C(transient).
  - Nothing is changed.
options:
  node:
    description: Name of the Node.
    type: str
    required: true
  renewed_before:
    description: The renewTime of the Lease that does not count any more; empty if there was none.
    type: str
    required: true
  timeout:
    description: Seconds to wait, in which the API server answers.
    type: int
    default: 300
"""

EXAMPLES = r"""
- name: Wait for the kubelet
  machineconfig_kubelet:
    node: "{{ inventory_hostname }}"
    renewed_before: "{{ renewed_before.stdout }}"
"""

RETURN = r"""
transient:
  description: Whether the failure is that of the API server, and not of the node.
  returned: on failure
  type: bool
"""
