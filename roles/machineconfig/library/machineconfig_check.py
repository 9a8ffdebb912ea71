#!/usr/bin/python
"""Find differences between a node and a manifest."""

from __future__ import annotations

DOCUMENTATION = r"""
module: machineconfig_check
short_description: Find drift of files, units and SSH keys from a MachineConfig
description:
  - Compares all managed objects of a node, and changes nothing except a cache in C(/run).
  - An action plugin of the same name reads the MachineConfig and the policy on the control node.
options:
  config:
    description: File on the control node, a rendered MachineConfig or plain Ignition; YAML or JSON.
    type: path
    required: true
  policy:
    description: File on the control node, a MachineConfiguration. Defaults to the shipped one.
    type: path
  user:
    description: The user whose C(~/.ssh/authorized_keys) file gets the SSH keys.
    type: str
    default: boot
  full_read_after:
    description:
      - Seconds after which all files are read in full again. Until then, a file with the same
        inode, size and times as in the last check counts as unchanged.
      - 0 reads all files each time.
    type: int
    default: 3600
"""

EXAMPLES = r"""
- name: Find drift
  machineconfig_check:
    config: /srv/rendered-worker.yaml
  check_mode: true
"""

RETURN = r"""
differences:
  description:
    - Differences between the node and the config, by C(kind) (file, unit, sshkey or record),
      C(name), C(path) and C(what) differs, with the desired and the found value as C(detail); no
      contents.
    - For a path, C(what) is C(content), C(mode), C(owner) or C(group), several separated by commas,
      C(missing), C(below a link), or C(a link is in its place) (or folder, fifo, socket, device).
    - For a unit it may also be C(masked), C(not masked) or C(enablement); for SSH keys C(keys),
      C(a link is in the place of), C(mode of) or C(owner of) a path, C(unreadable) or
      C(its user is gone); for the record C(missing).
  returned: always
  type: list
  elements: dict
moved:
  description: Whether the node was being changed during the check; there are no findings then.
  returned: always
  type: bool
recorded:
  description: Whether the node has a record that names a config.
  returned: always
  type: bool
settled:
  description: Whether the config was verified, and no action is pending or unconfirmed.
  returned: always
  type: bool
by_hand:
  description: Whether it was applied by hand and not by a controller.
  returned: always
  type: bool
restored:
  description:
    - If all originals were restored by hand, by whom and when as C(cause), and the C(remedy); else
      empty.
  returned: always
  type: dict
unreturned:
  description:
    - Originals that were not restored, by C(name), C(cause) and C(remedy).
  returned: always
  type: list
  elements: dict
forced:
  description: Whether the force file requests that everything is applied again.
  returned: always
  type: bool
machine_id:
  description: The node's C(/etc/machine-id).
  returned: always
  type: str
boot_id:
  description: The current boot.
  returned: always
  type: str
config:
  description: Name of the node's current config; empty if there is none.
  returned: always
  type: str
serial:
  description: The record's serial, which increases with every change of the node.
  returned: always
  type: int
wanted:
  description: Name of the config that the node was compared with.
  returned: always
  type: str
"""

import json
import signal

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.machineconfig_node.base.module import Result, finish
from ansible.module_utils.machineconfig_node.check import checking
from ansible.module_utils.machineconfig_node.comparison import digest_cache
from ansible.module_utils.machineconfig_node.manifest import desired_state

SECONDS = 45


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            # no_log, only to keep it out of the journal.
            "manifest": {"type": "str", "required": True, "no_log": True},
            "full_read_after": {"type": "int", "default": 3600},
        },
        supports_check_mode=True,
    )
    # Updates wait for a check: it ends before their timeout, without a result.
    signal.alarm(SECONDS)
    manifest = json.loads(module.params["manifest"])

    def work() -> Result:
        with digest_cache.opened(module.params["full_read_after"]) as digest_of:
            return checking.check(desired_state.read(manifest), digest_of=digest_of)

    finish(module, work)


if __name__ == "__main__":
    main()
