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
  confirm_timeout:
    description:
      - Seconds after which the node goes back by itself to what it was before the apply, unless
        M(machineconfig_confirm) is called over a connection that was made after it.
    type: int
    default: 600
  prove:
    description:
      - In check mode, whether to prove that what differs could be put in place.
      - An apply always does.
    type: bool
    default: true
  again:
    description: Apply a config from which the node has gone back because it had cut the node off.
    type: bool
    default: false
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
forced:
  description:
    - Whether the force file C(/run/machine-config-daemon-force) asks for everything to be applied
      again, whether or not it differs, and for a reboot, which takes the file away.
  returned: always
  type: bool
awaits_confirmation:
  description: Whether the node goes back by itself unless the last apply is confirmed.
  returned: always
  type: bool
machine_id:
  description: The node's C(/etc/machine-id).
  returned: always
  type: str
wanted:
  description: Name of the config that the node was held against.
  returned: always
  type: str
unproven:
  description: What could not be proved here before it is changed, and why.
  returned: always
  type: list
  elements: str
left:
  description: Paths no longer managed that someone changed, and that are left as they are.
  returned: always
  type: list
  elements: str
"""

import dataclasses
import json

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.machineconfig_node import (
    applying,
    comparison,
    confirmation,
    desired,
    diffs,
    force_file,
    proofs,
    record,
)
from ansible.module_utils.machineconfig_node.call import Answer, answer, turn
from ansible.module_utils.machineconfig_node.errors import NodeError
from ansible.module_utils.machineconfig_node.outlook import outlook


def compare(wanted: desired.Desired, *, again: bool, prove: bool) -> Answer:
    """What differs, without touching anything."""
    found = record.load()
    _refuse_what_cut_off(found, wanted, again=again)
    unproven = proofs.prove(wanted, found) if prove else []
    looked = outlook(found, wanted, comparison.on_disk(wanted))
    again = {"changed": True, "pending": True} if wanted.forced else {}
    return {"unproven": unproven, "forced": wanted.forced, **looked, **again}


def apply(
    wanted: desired.Desired, run: str, actions: list[record.Action], *, seconds: int, again: bool
) -> Answer:
    """Bring the node there under the lock; it goes back by itself unless that is confirmed."""
    with turn(run) as found:
        _refuse_what_cut_off(found, wanted, again=again)
        if confirmation.is_demanded(record.FOLDER):
            raise NodeError("the last apply was not confirmed yet", "run the update again")
        unproven = proofs.prove(wanted, found)
        done = applying.apply(found, wanted, actions, seconds)
        return {"unproven": unproven, "forced": wanted.forced, **done}


def _refuse_what_cut_off(found: record.Record, wanted: desired.Desired, *, again: bool) -> None:
    reverted = found.reverted
    if reverted.get("cut_off") and reverted["config"] == wanted.config and not again:
        raise NodeError(
            f"the node has gone back from {wanted.config} by itself: {reverted['cause']}",
            "mend the MachineConfig; or run update.yml by hand with -e machineconfig_again=true",
        )


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "manifest": {"type": "path", "required": True},
            "run": {"type": "str"},
            "actions": {"type": "list", "elements": "dict", "default": []},
            "confirm_timeout": {"type": "int", "default": 600},
            "again": {"type": "bool", "default": False},
            "prove": {"type": "bool", "default": True},
            "forced": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    with open(module.params["manifest"], encoding="utf-8") as stream:
        manifest = json.load(stream)

    run, seconds = module.params["run"], module.params["confirm_timeout"]
    actions, again = module.params["actions"], module.params["again"]

    def work() -> Answer:
        # An apply does what was planned when the node was looked at, and drained for it.
        forced = force_file.is_there() if module.check_mode else module.params["forced"]
        wanted = dataclasses.replace(desired.read(manifest), forced=forced)
        if module.check_mode:
            done = compare(wanted, again=again, prove=module.params["prove"])
        else:
            done = apply(wanted, run, actions, seconds=seconds, again=again)
        for each in done["unproven"]:
            module.warn(each)
        if module.check_mode and module._diff:  # noqa: SLF001
            done["diff"] = diffs.diffs(wanted, record.load())
        return done

    answer(module, work)


if __name__ == "__main__":
    main()
