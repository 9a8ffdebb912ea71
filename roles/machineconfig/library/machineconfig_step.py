#!/usr/bin/python
"""Take one step on a node.

All steps are one module, for Ansible packs each module of a run once, and that takes it longer than
most steps do.
"""

from __future__ import annotations

DOCUMENTATION = r"""
module: machineconfig_step
short_description: Take one step on a node
description:
  - Does on the node what a phase needs of it. In check mode it only looks, and says what it would
    come to.
  - All steps but C(claim) and C(status) are refused to a run that has not claimed the record last.
options:
  step:
    description:
      - C(claim) makes this run the only one that may change what is managed on the node. What died
        in the middle is rolled back first, and a controller is refused where somebody has given all
        originals back by hand.
      - C(apply), C(restore) and C(give_back) are for M(machineconfig) and M(machineconfig_restore),
        which decide on the controller what they ask for.
      - C(services) does each owed DaemonReload, Reload and Restart once, in order, and strikes it
        from the record; nothing where a reboot is owed, which does all of them. A restart of a
        masked unit stops it, and one that the config disables is restarted only if it runs.
      - C(reboot) is for M(machineconfig_reboot), which waits for the other boot.
      - C(confirm) takes the timer away that would undo the last apply. It is run over an SSH
        connection of its own, with all options of the others but their multiplexing, since one
        that is older than the apply proves nothing.
      - C(put_back) goes back to the config before the last apply and restarts what that had
        restarted; nothing where the node has booted since, or where nothing was applied.
      - C(settle) strikes the debts of a verified node, and refuses where anything is still owed.
      - C(health) waits until the units that the last change has touched have started, watches the
        machine's services for a while, and fails where a unit is failed or restarted over and over
        that was well before the change. In check mode it only says which are now.
      - C(status) tells what the record says, and whether the disk agrees.
    type: str
    required: true
    choices:
      - apply
      - claim
      - confirm
      - give_back
      - health
      - put_back
      - reboot
      - restore
      - services
      - settle
      - status
  run:
    description: Name of the run that claims the record, new for each, or that has claimed it.
    type: str
  fence:
    description:
      - Fencing number of the controller, for C(claim); a number below the record's is refused.
      - Left out by hand, the record's number is kept.
    type: int
  cause:
    description: Why C(put_back) is done, for the record.
    type: str
  manifest:
    description:
      - What C(apply) is to bring the node to, as JSON.
      - It may hold secrets, so it is neither logged nor written to a file.
    type: str
  paths:
    description: The paths whose originals C(give_back) puts back, whatever stands there.
    type: list
    elements: str
    default: []
  actions:
    description: What the change will owe.
    type: list
    elements: dict
    default: []
  fingerprint:
    description: By which the differences are known that C(actions) were decided on.
    type: str
  confirm_timeout:
    description: Seconds after which the node goes back by itself, unless that is confirmed.
    type: int
    default: 600
  forced:
    description: Whether C(apply) writes everything, and not only what differs.
    type: bool
    default: false
  again:
    description:
      - Apply a config from which the node has gone back because it had cut the node off, or that
        was applied and booted into before and could not be verified.
    type: bool
    default: false
  attempt:
    description:
      - Name of the attempt to bring the node to the config, the same for all of its retries. A
        retry of one that was booted into only verifies. Empty by hand.
    type: str
    default: ''
  prove:
    description: In check mode, whether to prove that what differs could be put in place.
    type: bool
    default: true
  watch_seconds:
    description: Seconds for which C(health) watches services that were started; 0 looks once.
    type: int
    default: 5
  patience:
    description: Seconds after which C(health) waits no longer for units that are still starting.
    type: int
    default: 120
"""

EXAMPLES = r"""
- name: Claim the node's record
  machineconfig_step:
    step: claim
    run: "{{ machineconfig_run }}"

- name: Confirm the apply over a connection of its own
  machineconfig_step:
    step: confirm
    run: "{{ machineconfig_run }}"
"""

RETURN = r"""
boot_id:
  description: The current boot.
  returned: by most steps
  type: str
config:
  description: Name of the config that the node is on, empty where it is on none.
  returned: by claim, put_back, status, apply, restore and give_back
  type: str
done:
  description: The actions carried out, in order.
  returned: by services
  type: list
  elements: dict
settled:
  description:
    - Whether the last change was verified, or undone with the node as its record says, and nothing
      is owed, so that the node can take pods.
  returned: by put_back and status
  type: bool
lines:
  description: What there is to say, in words.
  returned: by status
  type: list
  elements: str
owed:
  description: What is still to be done in this boot, in words.
  returned: by status
  type: str
ailing:
  description: Units that are failed or restarted over and over, in words. Each is warned of.
  returned: by health
  type: list
  elements: str
unreturned:
  description:
    - What no config holds any more and was not given back, by C(name), C(cause) and C(remedy).
  returned: by settle and give_back
  type: list
  elements: dict
login_fails:
  description: That no module can be run on the node, for C(cause).
  returned: where that is so, by any step
  type: bool
departures:
  description: Paths, units and SSH keys that are not as recorded, and in which way.
  returned: by status
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.machineconfig_node.base.module import Result, finish
from ansible.module_utils.machineconfig_steps import (
    apply,
    claim,
    confirm,
    give_back,
    health,
    put_back,
    reboot,
    restore,
    services,
    settle,
    status,
)

STEPS = {
    "apply": apply,
    "claim": claim,
    "confirm": confirm,
    "give_back": give_back,
    "health": health,
    "put_back": put_back,
    "reboot": reboot,
    "restore": restore,
    "services": services,
    "settle": settle,
    "status": status,
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "step": {"type": "str", "required": True, "choices": sorted(STEPS)},
            "run": {"type": "str"},
            "fence": {"type": "int"},
            "cause": {"type": "str"},
            "manifest": {"type": "str", "no_log": True},
            "paths": {"type": "list", "elements": "str", "default": []},
            "actions": {"type": "list", "elements": "dict", "default": []},
            "fingerprint": {"type": "str"},
            "confirm_timeout": {"type": "int", "default": 600},
            "forced": {"type": "bool", "default": False},
            "again": {"type": "bool", "default": False},
            "attempt": {"type": "str", "default": ""},
            "prove": {"type": "bool", "default": True},
            "watch_seconds": {"type": "int", "default": 5},
            "patience": {"type": "int", "default": 120},
        },
        required_if=[
            ("step", "apply", ["manifest"]),
            ("step", "claim", ["run"]),
            ("step", "put_back", ["cause"]),
        ],
        supports_check_mode=True,
    )
    step = STEPS[module.params["step"]]
    asked = {**module.params, "diff": module._diff}  # noqa: SLF001 - its API

    def work() -> Result:
        done: Result = step.look(asked) if module.check_mode else step.do(asked)
        for key in ("unproven", "cautions", "ailing"):
            for each in done.get(key, ()):
                module.warn(each)
        return done

    finish(module, work)


if __name__ == "__main__":
    main()
