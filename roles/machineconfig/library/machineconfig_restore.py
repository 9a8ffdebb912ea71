#!/usr/bin/python
"""Documents the action plugin of this name; on the node `machineconfig_step` runs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: machineconfig_restore
short_description: Restore the originals from before the first config
description:
  - Restores every path, enablement and SSH key that is managed on the node in one transaction;
    objects that were changed by another user since are left as they are, and returned.
  - The record then has no config, and a tombstone that excludes the node from updates by
    controllers.
  - With C(paths) only these originals are restored, whatever the paths contain now; the node keeps
    its config, and there is no tombstone.
  - The policy is read on the control node.
options:
  policy:
    description: File on the control node, a MachineConfiguration. Defaults to the shipped one.
    type: path
  run:
    description: The run that has claimed the record; required for any change.
    type: str
  paths:
    description: Paths that no config manages any more, and whose originals are kept on the node.
    type: list
    elements: str
    default: []
  confirm_timeout:
    description:
      - Seconds after which the watchdog rolls back to the config, unless C(confirm) of
        M(machineconfig_step) is called over a connection that was opened after it.
    type: int
    default: 600
"""

EXAMPLES = r"""
- name: Restore the originals
  machineconfig_restore:
    run: "{{ machineconfig_claimed.run }}"
"""

RETURN = r"""
config:
  description: The previous config.
  returned: always
  type: str
owed_differences:
  description: Restored objects, by kind, name and path; no contents.
  returned: always
  type: list
  elements: dict
unreturned:
  description:
    - Originals that were not restored, by C(name), C(cause) and C(remedy). The others are restored.
    - A second restore tries again those that failed, and C(paths) restores those that were changed
      by another user.
  returned: always
  type: list
  elements: dict
unknown:
  description: Those C(paths) for which no original is kept.
  returned: with paths
  type: list
  elements: str
outstanding:
  description: Pending actions, so that running services use the originals.
  returned: always
  type: list
  elements: dict
"""
