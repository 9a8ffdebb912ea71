#!/usr/bin/python
"""Compare a node with a manifest, or bring it there as one transaction."""

from __future__ import annotations

DOCUMENTATION = r"""
module: machineconfig
short_description: Bring files, units and SSH keys to a MachineConfig
description:
  - Compares or applies all files, systemd units and SSH keys of a node in one transaction.
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
  run:
    description: The run that claimed the record; needed to change anything.
    type: str
  planned:
    description:
      - Types of the actions that were planned for when the node was cordoned and drained.
      - More than those are refused, since the node has changed in between.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Bring the node to its MachineConfig
  machineconfig:
    config: /srv/rendered-worker.yaml
    run: "{{ machineconfig_run }}"
"""

RETURN = r"""
differences:
  description: Where the disk is not as wanted, by kind, name, path and what differs; no contents.
  returned: always
  type: list
  elements: dict
actions:
  description: What the change asks for under the policy, and what an earlier one still owes.
  returned: always
  type: list
  elements: dict
left:
  description: Paths no longer managed that someone changed, and that were left as they are.
  returned: always
  type: list
  elements: str
"""

import json

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.machineconfig_node import (
    comparison,
    desired,
    places,
    record,
    transaction,
)
from ansible.module_utils.machineconfig_node.call import Answer, answer, turn


def compare(wanted: desired.Desired) -> Answer:
    """What differs, without touching anything."""
    places.prove(wanted)
    return _answer(record.load(), wanted)


def apply(wanted: desired.Desired, run: str, actions: list[record.Action]) -> Answer:
    """Bring the node there under the lock."""
    with turn(run) as found:
        places.prove(wanted)
        before = _answer(found, wanted)
        work = transaction.Transaction(record.FOLDER, found, wanted, record.boot_id())
        if before["pending"]:
            work.run(actions)
        return {**before, **_debts(found), "serial": found.serial, "left": work.left}


def _answer(found: record.Record, wanted: desired.Desired) -> Answer:
    on_disk = comparison.on_disk(wanted)
    gone = comparison.to_remove(wanted, found)
    in_record = comparison.in_record(wanted, found)
    return {
        "changed": bool(on_disk or gone),
        "pending": bool(on_disk or gone or in_record or found.config != wanted.config),
        "config": found.config,
        "serial": found.serial,
        "differences": [each.brief() for each in on_disk],
        "owed_differences": [each.brief() for each in in_record + gone],
        "left": [],
        **_debts(found),
    }


def _debts(found: record.Record) -> Answer:
    boot_id = record.boot_id()
    outstanding = found.debts.outstanding(boot_id) if found.debts else []
    reboot = any(action["type"] == "Reboot" for action in outstanding)
    return {
        "boot_id": boot_id,
        "outstanding": outstanding,
        "reboot": reboot,
        "services": bool(outstanding) and not reboot,
        "rebooted": bool(found.debts and found.debts.boot_id != boot_id),
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "manifest": {"type": "path", "required": True},
            "run": {"type": "str"},
            "actions": {"type": "list", "elements": "dict", "default": []},
        },
        supports_check_mode=True,
    )
    with open(module.params["manifest"], encoding="utf-8") as stream:
        manifest = json.load(stream)

    def work() -> Answer:
        wanted = desired.read(manifest)
        if module.check_mode:
            return compare(wanted)
        return apply(wanted, module.params["run"], module.params["actions"])

    answer(module, work)


if __name__ == "__main__":
    main()
