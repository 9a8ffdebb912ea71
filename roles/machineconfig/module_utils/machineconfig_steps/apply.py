"""Compare a node with its desired state, or apply this in one transaction."""

from __future__ import annotations

import dataclasses
import json

from ansible.module_utils.machineconfig_node.apply import applying, attempts, unconfirmed
from ansible.module_utils.machineconfig_node.apply.preview import preview
from ansible.module_utils.machineconfig_node.base import force_file
from ansible.module_utils.machineconfig_node.base.errors import NodeError
from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.base.problems import Problems
from ansible.module_utils.machineconfig_node.comparison import compare, diffs
from ansible.module_utils.machineconfig_node.enablement import replaced_aliases, resolving
from ansible.module_utils.machineconfig_node.manifest import desired_state
from ansible.module_utils.machineconfig_node.preflight import reboots, validation
from ansible.module_utils.machineconfig_node.preflight.paths import exposed_paths, other_users
from ansible.module_utils.machineconfig_node.record import node_record
from ansible.module_utils.machineconfig_node.record.locked_record import locked_record
from ansible.module_utils.machineconfig_node.rollback import confirmation


def check(parameters: Parameters) -> Result:
    """Return the differences, without changing anything."""
    record = node_record.load()
    desired = resolving.resolve(_desired(parameters, forced=force_file.exists()), record)
    request = attempts.AttemptRequest.of(parameters, desired)
    attempts.refuse_superseded(record, desired, request)
    unconfirmed.refuse(record, desired, request)
    problems, previewed, unproven = Problems(), {"only_verifies": False}, []
    with problems.collected():
        previewed = preview(record, desired, compare.of_disk(desired), request)
    if parameters["prove"] and not previewed["only_verifies"]:
        unproven = validation.collect(problems, desired, record)
    problems.raise_if_any()
    rolled_back = unconfirmed.cause(record, desired)
    cautions = [
        *replaced_aliases.warnings(desired),
        *exposed_paths.warnings(desired),
        *other_users.warnings(desired, record),
        *filter(None, [rolled_back]),
    ]
    forced = {"changed": True, "pending": True} if desired.forced else {}
    own = {"unproven": unproven, "cautions": cautions, "forced": desired.forced}
    own["rolled_back"] = rolled_back
    own["no_reboot"] = _no_reboot(desired, record) if parameters["prove"] else {}
    return {**own, **previewed, **forced, **_shown(parameters, desired, record)}


def perform(parameters: Parameters) -> Result:
    """Apply the desired state under the lock, with the watchdog started."""
    desired = _desired(parameters, forced=parameters["forced"])
    with locked_record(parameters["run"]) as record:
        unconfirmed.refuse(record, desired, attempts.AttemptRequest.of(parameters, desired))
        if confirmation.is_pending(node_record.FOLDER):
            raise NodeError("the last apply is not confirmed yet", "run the update again")
        desired = resolving.resolve(desired, record)
        unproven = validation.validate(desired, record)
        if any(each["type"] == "Reboot" for each in parameters["actions"]):
            reboots.validate(desired, record)
        shown = _shown(parameters, desired, record)
        done = applying.apply(record, desired, parameters)
        return {"unproven": unproven, "forced": desired.forced, **done, **shown}


def _no_reboot(desired: desired_state.DesiredState, record: node_record.Record) -> Result:
    """Return why the node cannot be rebooted; the caller knows whether it has to be."""
    try:
        reboots.validate(desired, record)
    except NodeError as error:
        return {"cause": error.cause, "remedy": error.remedy, **error.fields}
    return {}


def _desired(parameters: Parameters, *, forced: bool) -> desired_state.DesiredState:
    return dataclasses.replace(
        desired_state.read(json.loads(parameters["manifest"])), forced=forced
    )


def _shown(
    parameters: Parameters, desired: desired_state.DesiredState, record: node_record.Record
) -> Result:
    return {"diff": diffs.of_change(desired, record)} if parameters["diff"] else {}
