"""Valid and invalid objects: the API server's message, and the same result of the models.

The table contains every rule of the CRDs with a message of its own, and what users of other
controllers of this API bring along. Sizes, counts and enums are in test_crds_bounds.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from pydantic import ValidationError

from controller.api.names import API_VERSION
from tests.contract.crds import MODELS, install, schemas, walk

if TYPE_CHECKING:
    from tests.contract.crds import ApiServer, Kubectl


class Case(NamedTuple):
    """An object, and the message with which it is refused; None if it is accepted."""

    promise: str
    object: dict[str, Any]
    refusal: str | None = None


def an(kind: str, spec: object = None, name: str = "example") -> dict[str, Any]:
    thing: dict[str, Any] = {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}}
    return thing if spec is None else {**thing, "spec": spec}


def config(**config: object) -> dict[str, Any]:
    return an("MachineConfig", {"config": config})


def version(version: object) -> dict[str, Any]:
    return config(ignition={"version": version})


def pool(**spec: object) -> dict[str, Any]:
    return an("MachineConfigPool", spec)


def draining(**drain: object) -> dict[str, Any]:
    return pool(drain=drain)


def selecting(operator: str, *values: str) -> dict[str, Any]:
    requirement = {"key": "role", "operator": operator, **({"values": values} if values else {})}
    return pool(nodeSelector={"matchExpressions": [requirement]})


def policy(**policy: object) -> dict[str, Any]:
    return an("MachineConfiguration", {"nodeDisruptionPolicy": policy}, name="cluster")


def on_path(path: str) -> dict[str, Any]:
    return policy(files=[{"path": path, "actions": [{"type": "None"}]}])


def on_unit(name: str) -> dict[str, Any]:
    return policy(units=[{"name": name, "actions": [{"type": "None"}]}])


def on_keys(*actions: object) -> dict[str, Any]:
    return policy(sshkey={"actions": actions})


def restart(name: str) -> dict[str, Any]:
    return {"type": "Restart", "restart": {"serviceName": name}}


IGNITION_3 = "only Ignition 3 is supported: write version 3.4.0 (3.0.0 to 3.3.0 are translated)"
PERCENTAGE = (
    'write a number from 1, or a percentage from "1%" to "100%"; to stop updates set paused'
)
DURATION = "write a duration of at least 1s, such as 1h, 90m or 1h30m"
VALUES = "In and NotIn need at least one of values; for Exists and DoesNotExist remove values"
SHORT = "the pool's name is part of other names: use at most 63 characters"
CLUSTER = "there is one MachineConfiguration in a cluster: name it cluster"
PATH = "not a valid path: write an absolute path without //, . or .."
SUFFIX = "write the full unit name with its suffix, for example crio.service"
UNIT = "a unit name has at least one character before its suffix"
RELOAD_NEEDED = "type Reload needs a service: write `reload: {serviceName: UNIT}`"
RELOAD_ONLY = "reload is only for type Reload: write `type: Reload`, or remove reload"
RESTART_NEEDED = "type Restart needs a service: write `restart: {serviceName: UNIT}`"
RESTART_ONLY = "restart is only for type Restart: write `type: Restart`, or remove restart"
REBOOT_ALONE = "Reboot must be the only action, because it includes all others"
NONE_ALONE = "None must be the only action: remove it, or the other actions"
REBOOT, DRAIN, NOTHING, DAEMON_RELOAD = (
    {"type": name} for name in ("Reboot", "Drain", "None", "DaemonReload")
)
RELOAD_CRIO = {"type": "Reload", "reload": {"serviceName": "crio.service"}}

CASES = [
    # MachineConfig
    Case("a config of Ignition 3.4.0", version("3.4.0")),
    Case("a config of Ignition 3.2.0", version("3.2.0")),
    Case(
        "a config of an Ignition that is still to come is for the pool to judge", version("3.9.0")
    ),
    Case("a config of Ignition 2", version("2.2.0"), IGNITION_3),
    Case("a version with a suffix", version("3.4.0-experimental"), IGNITION_3),
    Case("an incomplete version", version("3.4"), IGNITION_3),
    Case("a version with a line break", version("3.4.0\n"), IGNITION_3),
    Case("a version that is a number", version(3), "must be of type string"),
    Case("a config without a version", config(ignition={}), "version: Required value"),
    Case("a config without ignition", config(storage={}), "ignition: Required value"),
    Case("a MachineConfig without a config", an("MachineConfig", {})),
    Case("a MachineConfig without a spec", an("MachineConfig")),
    Case(
        "whatever else Ignition or a later version of it knows",
        config(
            ignition={"version": "3.4.0", "proxy": {}}, storage={"disks": [1]}, passwd=None, new=[]
        ),
    ),
    Case(
        "kernelArguments: null, as some tools write it",
        an("MachineConfig", {"kernelArguments": None}),
    ),
    # MachineConfigPool
    Case("a pool with defaults only", pool()),
    Case("one node at a time", pool(maxUnavailable=1)),
    Case("many nodes at a time", pool(maxUnavailable=500)),
    Case("a percentage", pool(maxUnavailable="10%")),
    Case("all nodes at once", pool(maxUnavailable="100%")),
    Case("no node at a time", pool(maxUnavailable=0), PERCENTAGE),
    Case("a negative number of nodes", pool(maxUnavailable=-1), PERCENTAGE),
    Case("0%", pool(maxUnavailable="0%"), PERCENTAGE),
    Case("101%", pool(maxUnavailable="101%"), PERCENTAGE),
    Case("a number in quotes", pool(maxUnavailable="2"), PERCENTAGE),
    Case("a fractional percentage", pool(maxUnavailable="1.5%"), PERCENTAGE),
    Case("a word instead of a number", pool(maxUnavailable="many"), PERCENTAGE),
    Case("yes instead of a number", pool(maxUnavailable=True), "must be of type integer,string"),
    Case("paused in quotes", pool(paused="true"), "must be of type boolean"),
    Case("a drain timeout of an hour", draining(timeout="1h")),
    Case("a drain timeout as Go prints it", draining(timeout="1h30m0s")),
    Case("a drain without a timeout", draining(timeout="0s"), DURATION),
    Case("a drain timeout of zero", draining(timeout=""), DURATION),
    Case("a drain timeout without a unit", draining(timeout="90"), DURATION),
    Case("a drain timeout in days", draining(timeout="1d"), DURATION),
    Case("the grace period of each pod", draining(gracePeriodSeconds=-1)),
    Case("a rule for all pods", draining(rules=[{"behavior": "Drain", "order": 100}])),
    Case("a rule without a behavior", draining(rules=[{"order": 1}]), "Required value"),
    Case(
        "defaults for all pools",
        an("MachineConfiguration", {"drain": {"onBlocked": "GiveBack"}}, name="cluster"),
    ),
    Case("a label with one of several values", selecting("In", "worker", "infra")),
    Case("a label with one of no values", selecting("In"), VALUES),
    Case("a label with none of several values", selecting("NotIn", "infra")),
    Case("a label with none of no values", selecting("NotIn"), VALUES),
    Case("a label that exists", selecting("Exists")),
    Case("a label that exists with a value", selecting("Exists", "worker"), VALUES),
    Case("a label that does not exist", selecting("DoesNotExist")),
    Case("a label that does not exist with a value", selecting("DoesNotExist", "infra"), VALUES),
    Case("a pool with a long name", an("MachineConfigPool", {}, name="p" * 63)),
    Case("a pool with too long a name", an("MachineConfigPool", {}, name="p" * 64), SHORT),
    Case("a pool without a spec", an("MachineConfigPool"), "spec: Required value"),
    # MachineConfiguration
    Case("a policy named cluster", an("MachineConfiguration", {}, name="cluster")),
    Case("a policy with another name", an("MachineConfiguration", {}, name="mine"), CLUSTER),
    Case("a policy for a file", on_path("/etc/chrony.conf")),
    Case("a policy for a directory", on_path("/etc/containers/registries.d/")),
    Case("a policy for every file", on_path("/")),
    Case("a policy for hidden files", on_path("/etc/.hidden/..data")),
    Case("a policy for a path that is not absolute", on_path("etc/chrony.conf"), PATH),
    Case("a policy for an empty path", on_path(""), PATH),
    Case("a policy for a path with an empty part", on_path("/etc//chrony.conf"), PATH),
    Case("a policy for a path with a dot", on_path("/etc/./chrony.conf"), PATH),
    Case("a policy for a path with two dots", on_path("/etc/.."), PATH),
    Case(
        "two policies for one path",
        policy(files=on_path("/a")["spec"]["nodeDisruptionPolicy"]["files"] * 2),
        "Duplicate value",
    ),
    Case("a policy for a service", on_unit("chronyd.service")),
    Case("a policy for an instance of a service", on_unit("getty@tty1.service")),
    Case("a policy for an escaped unit", on_unit(r"dev-disk-by\x2duuid.swap")),
    Case("a policy for a unit without a suffix", on_unit("chronyd"), SUFFIX),
    Case("a policy for a unit with an unknown suffix", on_unit("chronyd.conf"), SUFFIX),
    Case("a policy for a suffix alone", on_unit(".service"), UNIT),
    Case("a policy for a unit with a space", on_unit("my app.service"), UNIT),
    Case("a policy for a unit in a directory", on_unit("../../x.service"), UNIT),
    Case(
        "two policies for one unit",
        policy(units=on_unit("a.service")["spec"]["nodeDisruptionPolicy"]["units"] * 2),
        "Duplicate value",
    ),
    Case("no action", on_keys()),
    Case("a reboot", on_keys(REBOOT)),
    Case("a reboot and another action", on_keys(REBOOT, DRAIN), REBOOT_ALONE),
    Case("two reboots", on_keys(REBOOT, REBOOT), REBOOT_ALONE),
    Case("None", on_keys(NOTHING)),
    Case("None and another action", on_keys(DAEMON_RELOAD, NOTHING), NONE_ALONE),
    Case(
        "several things in their order",
        on_keys(DRAIN, DAEMON_RELOAD, restart("kubelet.service"), RELOAD_CRIO),
    ),
    Case("a reload without a service", on_keys({"type": "Reload"}), RELOAD_NEEDED),
    Case("a drain with a reload", on_keys({**RELOAD_CRIO, "type": "Drain"}), RELOAD_ONLY),
    Case("a restart without a service", on_keys({"type": "Restart"}), RESTART_NEEDED),
    Case(
        "a reload that restarts",
        on_keys({**RELOAD_CRIO, **restart("a.service"), "type": "Reload"}),
        RESTART_ONLY,
    ),
    Case("a restart of an instance", on_keys(restart("getty@tty1.service"))),
    Case("a restart of a unit without a suffix", on_keys(restart("kubelet")), SUFFIX),
    Case("a restart of a shell command", on_keys(restart("a;reboot.service")), UNIT),
    Case("an action of the status", on_keys({"type": "Special"}), 'Unsupported value: "Special"'),
    Case(
        "defaults for files and units",
        an(
            "MachineConfiguration",
            {"defaultNodeDisruptionPolicySpecAction": {"files": [NOTHING], "units": [REBOOT]}},
            name="cluster",
        ),
    ),
    Case(
        "defaults for files alone",
        an(
            "MachineConfiguration",
            {"defaultNodeDisruptionPolicySpecAction": {"files": [NOTHING]}},
            name="cluster",
        ),
        "units: Required value",
    ),
    Case(
        "defaults for files that contradict themselves",
        an(
            "MachineConfiguration",
            {"defaultNodeDisruptionPolicySpecAction": {"files": [NOTHING, DRAIN], "units": []}},
            name="cluster",
        ),
        NONE_ALONE,
    ),
    # MachineConfigNode
    Case("a node without a status", an("MachineConfigNode")),
]

by_promise = pytest.mark.parametrize("case", CASES, ids=lambda case: case.promise)


@pytest.fixture(scope="module")
def kubectl(api_server: ApiServer) -> Kubectl:
    kubectl = install(api_server)
    # Other tests may have created the one that has to have this name.
    kubectl("delete", "machineconfiguration", "cluster", "--ignore-not-found")
    return kubectl


@by_promise
def test_the_api_server_accepts_valid_objects_and_explains_refusals(
    case: Case, kubectl: Kubectl
) -> None:
    answer = kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(case.object))
    if case.refusal is None:
        assert answer.returncode == 0, answer.stderr
    else:
        assert answer.returncode != 0, f"accepted: {answer.stdout}"
        assert case.refusal in answer.stderr


@by_promise
def test_the_models_accept_and_refuse_the_same(case: Case) -> None:
    model = MODELS[case.object["kind"]]
    if case.refusal is None:
        model.model_validate(case.object)
    else:
        with pytest.raises(ValidationError):
            model.model_validate(case.object)


def test_every_rule_of_the_crds_is_violated_once() -> None:
    refusals = [case.refusal for case in CASES if case.refusal]
    unbroken = {
        rule["message"]
        for schema in schemas().values()
        for _, piece in walk(schema)
        for rule in piece.get("x-kubernetes-validations", [])
        if not any(refusal in rule["message"] for refusal in refusals)
        # Needs an existing object: test_crds_access.
        and "oldSelf" not in rule["rule"]
    }
    assert unbroken == set()
