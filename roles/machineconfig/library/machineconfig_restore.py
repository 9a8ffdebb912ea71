#!/usr/bin/python
"""Give every original back, as one transaction, and leave a tombstone."""

from __future__ import annotations

DOCUMENTATION = r"""
module: machineconfig_restore
short_description: Give back everything that was there before the first config
description:
  - Gives back every path, enablement and SSH key that is managed on the node, in one transaction;
    what somebody has changed since is left as it is, and named.
  - The record then holds no config, and a tombstone, by which controllers leave the node alone.
  - An action plugin of the same name reads the policy on the controller.
options:
  policy:
    description: File on the controller, a MachineConfiguration; left out, the shipped default.
    type: path
  run:
    description: The run that claimed the record; needed to change anything.
    type: str
  confirm_timeout:
    description:
      - Seconds after which the node goes back by itself to the config before, unless
        M(machineconfig_confirm) is called over a connection that was made after it.
    type: int
    default: 600
"""

EXAMPLES = r"""
- name: Give every original back
  machineconfig_restore:
    run: "{{ machineconfig_claimed.run }}"
"""

RETURN = r"""
config:
  description: The config that went.
  returned: always
  type: str
owed_differences:
  description: What is given back, by kind, name and path; no contents.
  returned: always
  type: list
  elements: dict
left:
  description: Paths that somebody changed, and that were left as they are.
  returned: always
  type: list
  elements: str
outstanding:
  description: The actions that are owed, so that what runs sees the originals.
  returned: always
  type: list
  elements: dict
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.machineconfig_node import (
    applying,
    comparison,
    confirmation,
    desired,
    diffs,
    record,
)
from ansible.module_utils.machineconfig_node.call import Answer, answer, turn
from ansible.module_utils.machineconfig_node.errors import NodeError
from ansible.module_utils.machineconfig_node.outlook import outlook

NOTHING = desired.Desired(config="", paths={}, enablement={}, user="", keys=[])


def preview(*, diff: bool) -> Answer:
    """What would be given back, without touching anything."""
    found = record.load()
    shown = {"diff": diffs.diffs(NOTHING, found)} if diff else {}
    looked = outlook(found, NOTHING, comparison.on_disk(NOTHING))
    return {**_all_of_it(looked), **shown}


def restore(run: str, actions: list[record.Action], *, seconds: int) -> Answer:
    """Give all back under the lock; the config comes back by itself unless that is confirmed."""
    with turn(run) as found:
        if confirmation.is_demanded(record.FOLDER):
            raise NodeError("the last apply was not confirmed yet", "run the restore again")
        return _all_of_it(applying.apply(found, NOTHING, actions, seconds, _tombstone(found)))


def _all_of_it(looked: Answer) -> Answer:
    """To leave the last config is a change, even where the disk stays as it is."""
    return {**looked, "changed": looked["pending"]}


def _tombstone(found: record.Record) -> dict[str, str]:
    return {
        "by": os.environ.get("SUDO_USER", "root"),
        "at": record.now(),
        "config": found.config,
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "run": {"type": "str"},
            "actions": {"type": "list", "elements": "dict", "default": []},
            "confirm_timeout": {"type": "int", "default": 600},
        },
        supports_check_mode=True,
    )
    run, actions = module.params["run"], module.params["actions"]
    seconds, diff = module.params["confirm_timeout"], bool(module._diff)  # noqa: SLF001 - its API

    if module.check_mode:
        answer(module, lambda: preview(diff=diff))
    answer(module, lambda: restore(run, actions, seconds=seconds))


if __name__ == "__main__":
    main()
