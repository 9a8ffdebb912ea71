#!/usr/bin/python
"""Perform one step on a node.

All steps are one module, because Ansible packs each module once a run, and that takes longer than
most steps.
"""

from __future__ import annotations

DOCUMENTATION = r"""
module: machineconfig_step
short_description: Perform one step on a node
description:
  - Performs the part of a phase that runs on the node. In check mode it only returns what it would
    do.
  - All steps except C(claim), C(kubelet) and C(status) are refused unless the run has the latest
    claim.
  - While a shutdown of the node is pending, nothing is changed, and no run can claim the node. The
    failure is C(transient) then; only C(reboot) takes a pending reboot for its own.
options:
  step:
    description:
      - C(claim) makes this run the only one that may change the node. An incomplete transaction is
        rolled back first, and a controller is refused if all originals were restored by hand.
      - C(apply), C(restore) and C(restore_paths) are for M(machineconfig) and
        M(machineconfig_restore), which decide on the control node which actions they require.
      - C(services) performs each pending DaemonReload, Reload and Restart once, in order, and
        removes it from the record; a pending reboot covers all of them. The restart of a masked
        unit stops it; a unit that the config disables is restarted only if it runs.
      - C(reboot) is for M(machineconfig_reboot), which waits for the next boot.
      - C(confirm) disarms the watchdog that would roll back the last apply. It uses a new SSH
        connection, with all options of the others except multiplexing, since a connection that is
        older than the apply proves nothing.
      - C(rollback) returns to the config before the last apply and restarts the services that
        it had restarted; it does nothing if the node has booted since, or if nothing was applied.
      - C(settle) records that the node is verified, and is refused while an action is pending.
      - C(health) waits until the units of the last change have started, watches the services for a
        while, and fails if a unit that was healthy before the change is failed or restarting over
        and over. In check mode it only returns those that are unhealthy now.
      - C(kubelet) is for M(machineconfig_kubelet); it returns the state of the kubelet's unit.
      - C(status) returns the contents of the record, and how the disk differs from it.
    type: str
    required: true
    choices:
      - apply
      - claim
      - confirm
      - restore_paths
      - health
      - kubelet
      - rollback
      - reboot
      - restore
      - services
      - settle
      - status
  run:
    description: Unique name of the run that claims the record, or has claimed it.
    type: str
  fence:
    description:
      - Fencing number of the controller, for C(claim); a number below the record's is refused.
      - By hand it is omitted, and the record's number is kept.
    type: int
  locked_out:
    description:
      - For C(claim), the config by which the controller could not log in until the watchdog rolled
        it back. The node then refuses it until a user requests it again.
    type: str
    default: ''
  cause:
    description: Why C(rollback) is performed, for the record.
    type: str
  manifest:
    description:
      - The target of C(apply), as JSON.
      - It may contain secrets, so it is neither logged nor written to a file.
    type: str
  paths:
    description: The paths whose originals C(restore_paths) restores, whatever they contain now.
    type: list
    elements: str
    default: []
  actions:
    description: Actions that will be pending after the change.
    type: list
    elements: dict
    default: []
  fingerprint:
    description: Identifies the differences for which C(actions) were decided.
    type: str
  confirm_timeout:
    description: Seconds after which the watchdog rolls back, unless the change is confirmed.
    type: int
    default: 600
  forced:
    description: Whether C(apply) writes everything, not only the differences.
    type: bool
    default: false
  again:
    description:
      - Apply a config once more that locked out the controller, or that was applied and booted and
        failed to verify.
    type: bool
    default: false
  attempt:
    description:
      - Name of the attempt to update the node to the config, the same for all of its retries. A
        retry of one that was booted only verifies. Empty by hand.
    type: str
    default: ''
  prove:
    description: In check mode, whether to validate that the differences can be applied.
    type: bool
    default: true
  watch_seconds:
    description: Seconds for which C(health) watches started services; 0 examines them once.
    type: int
    default: 5
  patience:
    description: Seconds that C(health) waits for units that are still starting.
    type: int
    default: 120
"""

EXAMPLES = r"""
- name: Claim the node's record
  machineconfig_step:
    step: claim
    run: "{{ machineconfig_run }}"

- name: Confirm the apply over a new connection
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
  description: Name of the node's current config; empty if there is none.
  returned: by claim, rollback, status, apply, restore and restore_paths
  type: str
done:
  description: The performed actions, in order.
  returned: by services
  type: list
  elements: dict
settled:
  description:
    - Whether the last change was verified, or rolled back completely, and no action or shutdown is
      pending, so that the node can run pods.
  returned: by rollback and status
  type: bool
lines:
  description: The report, line by line.
  returned: by status
  type: list
  elements: str
owed:
  description: The actions that are pending in this boot, as text.
  returned: by status
  type: str
ailing:
  description: Units that are failed or restarting over and over, as text. Each causes a warning.
  returned: by health
  type: list
  elements: str
unreturned:
  description:
    - Originals that were not restored although no config manages them any more, by C(name),
      C(cause) and C(remedy).
  returned: by settle and restore_paths
  type: list
  elements: dict
unconfirmed:
  description:
    - Whether the config is refused because the watchdog has rolled it back in this attempt, or
      because it locks out the controller.
  returned: if true, by apply
  type: bool
login_fails:
  description: Whether no module can run on the node; C(cause) contains the reason.
  returned: if true, by any step
  type: bool
no_reboot:
  description: The C(cause) and C(remedy) if the node cannot be rebooted; else empty.
  returned: by apply, in check mode
  type: dict
shutdown:
  description: The C(cause) and C(remedy) if a shutdown of the node is pending; else empty.
  returned: by reboot
  type: dict
resumes:
  description: Whether the next run resumes after the failure, so that nothing may be rolled back.
  returned: if true, by any step
  type: bool
transient:
  description: Whether the failure passes by itself.
  returned: if true, by any step
  type: bool
kubelets:
  description: The states of the kubelets that are installed, by unit.
  returned: by kubelet
  type: dict
departures:
  description: Paths, units and SSH keys that differ from the record, and how.
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
    health,
    kubelet,
    reboot,
    restore,
    restore_paths,
    rollback,
    services,
    settle,
    status,
)

STEPS = {
    "apply": apply,
    "claim": claim,
    "confirm": confirm,
    "restore_paths": restore_paths,
    "health": health,
    "kubelet": kubelet,
    "rollback": rollback,
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
            "locked_out": {"type": "str", "default": ""},
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
            ("step", "rollback", ["cause"]),
        ],
        supports_check_mode=True,
    )
    step = STEPS[module.params["step"]]
    parameters = {**module.params, "diff": module._diff}  # noqa: SLF001 - its API

    def work() -> Result:
        done: Result = step.check(parameters) if module.check_mode else step.perform(parameters)
        for key in ("unproven", "cautions", "ailing"):
            for each in done.get(key, ()):
                module.warn(each)
        return done

    finish(module, work)


if __name__ == "__main__":
    main()
