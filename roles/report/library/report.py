#!/usr/bin/python
"""The documentation of the action plugin of this name; nothing runs on the node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: report
short_description: Tell how a run went, what is owed and what to do next
description:
  - Says in a few lines what the phases of a run have registered. Nothing is sent to the node.
  - Fails, with the same lines, where C(failure) says that a phase has failed.
options:
  of:
    description: The playbook that was run, without its suffix.
    type: str
    required: true
  failure:
    description: What has failed first, the name of its C(task) and its C(result); empty if nothing.
    type: dict
  status:
    description: What the step C(status) of M(machineconfig_step) has returned.
    type: dict
  cluster_found:
    description: Whether the cluster was at hand; left out where nobody has looked.
    type: bool
  preflight:
    description: What preflight has registered.
    type: dict
  check:
    description: What check has registered.
    type: dict
  apply:
    description: What apply has registered.
    type: dict
  actions:
    description: What actions has registered.
    type: dict
  reboot:
    description: What reboot has registered.
    type: dict
  confirm:
    description: What confirm has registered.
    type: dict
  verify:
    description: What verify has compared.
    type: dict
  health:
    description: What verify has found of the units.
    type: dict
  settled:
    description: What verify has settled.
    type: dict
  rollback:
    description: What rollback has registered.
    type: dict
  restore:
    description: What restore has registered.
    type: dict
"""

EXAMPLES = r"""
- name: Tell how it went
  report:
    of: update
    verify: "{{ verify_found }}"
"""

RETURN = r"""
msg:
  description: The lines.
  returned: always
  type: list
  elements: str
"""
