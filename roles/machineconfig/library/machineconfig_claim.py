#!/usr/bin/python
"""Claim a node's record for a run, and say what the record holds."""

from __future__ import annotations

DOCUMENTATION = r"""
module: machineconfig_claim
short_description: Claim the node's record for one run
description:
  - From now on only this run may change what is managed on the node; a superseded run is refused.
  - A transaction that died in the middle is rolled back first.
  - A controller is refused where somebody has given all originals back by hand.
  - In check mode it claims nothing and only reports.
options:
  run:
    description: Name of the run, new for each.
    type: str
    required: true
  fence:
    description:
      - Fencing number of the controller; a number below the record's is refused.
      - Left out by hand, the record's number is kept.
    type: int
"""

EXAMPLES = r"""
- name: Claim the node's record
  machineconfig_claim:
    run: "{{ machineconfig_run }}"
"""

RETURN = r"""
run:
  description: The run, as given.
  returned: always
  type: str
config:
  description: Name of the config that the node was last brought to, empty if there was none.
  returned: always
  type: str
boot_id:
  description: The current boot.
  returned: always
  type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.machineconfig_node import confirmation, lock, record, undo
from ansible.module_utils.machineconfig_node.call import Answer, answer


def claim(run: str, fence: int | None) -> Answer:
    """Make the run the only one, after rolling back what died in the middle."""
    record.prepare()
    with lock.locked(record.FOLDER):
        found = record.load()
        if fence is not None:
            found.refuse_if_restored()
        found.claim(run, found.fence if fence is None else fence)
        recovered = undo.recover(record.FOLDER, found, record.boot_id())
        if recovered:
            confirmation.confirm(record.FOLDER)
        found.save()
    return _summary(found, run, changed=recovered)


def report(run: str) -> Answer:
    """What the record says, with nothing claimed."""
    return _summary(record.load(), run, changed=False)


def _summary(found: record.Record, run: str, *, changed: bool) -> Answer:
    return {"changed": changed, "run": run, "config": found.config, "boot_id": record.boot_id()}


def main() -> None:
    module = AnsibleModule(
        argument_spec={"run": {"type": "str", "required": True}, "fence": {"type": "int"}},
        supports_check_mode=True,
    )
    if module.check_mode:
        answer(module, lambda: report(module.params["run"]))
    answer(module, lambda: claim(module.params["run"], module.params["fence"]))


if __name__ == "__main__":
    main()
