#!/usr/bin/python
"""Find where a node is not as a manifest wants it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: machineconfig_check
short_description: Find where files, units and SSH keys are not as a MachineConfig says
description:
  - Compares all that is managed on a node, and changes nothing but what it remembers in C(/run).
  - An action plugin of the same name reads the MachineConfig and the policy on the controller.
options:
  config:
    description: File on the controller, a rendered MachineConfig or plain Ignition; YAML or JSON.
    type: path
    required: true
  policy:
    description: File on the controller, a MachineConfiguration; left out, the shipped default.
    type: path
  user:
    description: The user whose C(~/.ssh/authorized_keys) takes the SSH keys.
    type: str
    default: boot
  full_read_after:
    description:
      - Seconds after which all files are read in full again. Until then, one that has the inode,
        the size and the times of the last check is taken for what it was.
      - 0 reads all of them each time.
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
    - Where the node is not as wanted, by C(kind) (file, unit, sshkey or record), C(name), C(path)
      and C(what) differs, and as C(detail) what is wanted and what was found; no contents.
    - Of a path, what differs is its C(content), C(mode), C(owner) or C(group), more than one of
      them with a comma between, C(missing), C(below a link), or C(a link is in its place) and its
      like (folder, fifo, socket, device).
    - Of a unit it may also be C(masked), C(not masked) or C(enablement); of SSH keys C(keys),
      C(a link is in the place of), C(mode of) or C(owner of) a path, C(unreadable) or
      C(its user is gone); of the record C(missing).
  returned: always
  type: list
  elements: dict
moved:
  description: The node was being changed meanwhile; nothing is said of it.
  returned: always
  type: bool
recorded:
  description: Whether the node has a record that names a config.
  returned: always
  type: bool
settled:
  description: Whether the config was verified, and nothing is under way or waits for a proof.
  returned: always
  type: bool
by_hand:
  description: Whether it was applied by a person and not by a controller.
  returned: always
  type: bool
restored:
  description:
    - Where somebody has given all originals back by hand, who and when, as C(cause), and the
      C(remedy); else empty.
  returned: always
  type: dict
unreturned:
  description:
    - What was not given back when it was no longer managed, by C(name), C(cause) and C(remedy).
  returned: always
  type: list
  elements: dict
forced:
  description: Whether somebody asks by the force file for everything to be applied again.
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
  description: Name of the config that the node is on, empty where it is on none.
  returned: always
  type: str
serial:
  description: The record's serial; it moves with every change of the node.
  returned: always
  type: int
wanted:
  description: Name of the config that the node was held against.
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
            # Only so that it does not fill the journal.
            "manifest": {"type": "str", "required": True, "no_log": True},
            "full_read_after": {"type": "int", "default": 3600},
        },
        supports_check_mode=True,
    )
    # Updates wait for it, for less than they would be patient: it then ends here, and says nothing.
    signal.alarm(SECONDS)
    manifest = json.loads(module.params["manifest"])

    def work() -> Result:
        with digest_cache.opened(module.params["full_read_after"]) as tell:
            return checking.check(desired_state.read(manifest), tell=tell)

    finish(module, work)


if __name__ == "__main__":
    main()
