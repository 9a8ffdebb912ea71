#!/usr/bin/python
"""Documents the action plugin of this name; nothing runs on the node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: report
short_description: Report the result of a run, the pending actions and the next command
description:
  - Summarizes the registered results of a run's phases. Nothing is sent to the node.
  - Fails with the same lines if C(failure) is set.
options:
  of:
    description: Name of the playbook without its suffix.
    type: str
    required: true
  failure:
    description: Name of the C(task) that failed first, and its C(result); empty if none failed.
    type: dict
  status:
    description: Result of the step C(status) of M(machineconfig_step).
    type: dict
  cluster_found:
    description: Whether the cluster was reachable; unset if that is unknown.
    type: bool
  preflight:
    description: Registered result of preflight.
    type: dict
  check:
    description: Registered result of check.
    type: dict
  apply:
    description: Registered result of apply.
    type: dict
  actions:
    description: Registered result of actions.
    type: dict
  reboot:
    description: Registered result of reboot.
    type: dict
  confirm:
    description: Registered result of confirm.
    type: dict
  verify:
    description: Result of verify's comparison.
    type: dict
  health:
    description: Result of verify's health check.
    type: dict
  settled:
    description: Result of verify's last step.
    type: dict
  rollback:
    description: Registered result of rollback.
    type: dict
  restore:
    description: Registered result of restore.
    type: dict
"""

EXAMPLES = r"""
- name: Report the result
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
