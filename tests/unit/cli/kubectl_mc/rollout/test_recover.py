"""`kubectl mc recover` shows its effects before it asks for confirmation."""

from dataclasses import replace
from typing import Any

import pytest

from controller.api import names
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_node import Drift
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.machine_configuration import MachineConfiguration
from controller.cli.kubectl_mc.arguments.selection import select_nodes
from controller.cli.kubectl_mc.rollout import recovery_view
from controller.cli.kubectl_mc.rollout.recovery_plan import plan_recoveries
from controller.cli.kubectl_mc.terminal.console import segments_of
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.planning import node_status
from controller.planning.controller_state import ControllerState
from controller.planning.node import Node
from controller.planning.plan import plan
from controller.planning.snapshot import Snapshot, Unreadable
from tests.unit.cli.kubectl_mc.clusters import snapshot, target
from tests.unit.cli.kubectl_mc.lines import texts
from tests.unit.cli.kubectl_mc.manifests import (
    a_file,
    a_key,
    a_unit,
    machine_config,
    pool,
    restart_policy,
)
from tests.unit.planning.build import NOW, OLD, UNKNOWN, done, drifted, failed, node, working

MANAGED = machine_config("50-a", **a_file("/etc/motd"), **a_unit(), **a_key())
CONFIG = target()


def cluster(*nodes: Node, policy: Any = None, **spec: Any) -> Snapshot:  # noqa: ANN401 - any member of a spec
    """Return a cluster whose worker pool has the rendered MANAGED as its target."""
    observed = snapshot(*nodes, new=MANAGED, **spec)
    [target_name] = (each.target for each in _plans(observed) if each.name == "worker")
    rendered = MachineConfig.model_validate({**MANAGED, "metadata": {"name": target_name}})
    renamed = tuple(_renamed(each, target_name) for each in observed.nodes)
    policed = MachineConfiguration.model_validate(policy) if policy else None
    configs = (*(each for each in observed.machine_configs if each.name != target_name), rendered)
    return replace(observed, nodes=renamed, machine_configs=configs, configuration=policed)


def _plans(observed: Snapshot) -> Any:  # noqa: ANN401 - plans of pools
    return plan(observed, ControllerState.unknown(), "boot", NOW).pools


def _renamed(worker: Node, name: str) -> Node:
    """Return the node with CONFIG replaced by this name."""
    named = {
        key: name
        for key in ("current_config", "desired_config")
        if getattr(worker.status, key) == CONFIG
    }
    return replace(worker, status=worker.status.model_copy(update=named))


def drift(*paths: str, kind: str = "content") -> Any:  # noqa: ANN401 - a status
    found = [Drift(path=each, kind=kind) for each in paths]
    return node_status.on_checked(done(CONFIG), found, NOW)


def shown(cluster: Snapshot, name: str = "w-1") -> list[str]:
    [recovery] = plan_recoveries(cluster, [name], "boot", NOW)
    return texts(recovery_view.recovery_lines(recovery))


def test_it_shows_what_is_fixed_and_what_that_disturbs() -> None:
    observed = cluster(node("w-1", drift("/etc/motd", "a.service")))

    title, *lines = shown(observed)

    assert title.startswith("node w-1, in pool worker: rendered-worker-")
    assert title.endswith(" is applied again")
    assert lines == [
        "  fixes: /etc/motd (content)",
        "  fixes: a.service (content)",
        "  disruption: Reboot, each node cordoned and drained first",
        "    None: /etc/motd changed",
        "    Reboot: a.service changed",
        "  takes a slot of pool worker (maxUnavailable 1)",
    ]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/etc/motd", "Restart m.service: /etc/motd changed"),
        ("boot", "None: SSH keys of boot changed"),
        ("a.service", "Reboot: a.service changed"),
        ("/etc/systemd/system/a.service", "Reboot: a.service changed"),
        ("/etc/systemd/system/a.service.d/b.conf", "Reboot: a.service changed"),
    ],
)
def test_the_policy_decides_what_each_path_disturbs(path: str, reason: str) -> None:
    policy = restart_policy("/etc/motd", "m.service")

    assert f"    {reason}" in shown(cluster(node("w-1", drift(path)), policy=policy))


def test_a_force_file_requests_a_reboot_whatever_else_differs() -> None:
    lines = shown(cluster(node("w-1", drift(names.FORCE_FILE, kind="forceFile"))))

    assert "  disruption: Reboot, each node cordoned and drained first" in lines
    assert f"    Reboot: {names.FORCE_FILE} requests it" in lines


def test_a_node_on_an_unknown_config_may_differ_in_more() -> None:
    record = "/var/lib/machine-config/record.json"

    lines = shown(cluster(node("w-1", drift(record, kind="on ignition-abc"))))

    assert "    more may differ on the node, which is not known here" in lines
    assert not any(f"{record} changed" in each for each in lines)


def test_a_node_that_waits_for_a_newer_config_gets_that() -> None:
    lines = shown(cluster(node("w-1", drifted(OLD))))

    assert lines[0].endswith(f" is applied; current config: {OLD}")
    assert any("a.service changed" in each for each in lines)


def test_a_failed_node_is_shown_with_its_failure() -> None:
    lines = shown(cluster(node("w-1", failed(CONFIG))))

    assert "  last failure: Verify failed: no route (fix it)" in lines
    assert "    more may differ on the node, which is not known here" in lines


def test_a_node_without_known_drift_can_be_recovered() -> None:
    lines = shown(cluster(node("w-1", done(CONFIG))))

    assert "  no drift is known: differences are found on the node" in lines
    assert "  disruption: none" in lines


HELD = (
    "waits: held by an administrator",
    f"kubectl annotate node w-1 {names.HOLD}- (it is held)",
)
PAUSED = ("waits: pool is paused", "kubectl mc resume worker (pool worker is paused)")
CORDONED = (
    "waits: cordoned by an administrator",
    "kubectl uncordon w-1 (an administrator has cordoned it)",
)
SLOT = "takes a slot of pool worker (maxUnavailable 1)"


@pytest.mark.parametrize(
    ("status", "fields", "spec", "timing", "first"),
    [
        pytest.param(drift("/etc/motd"), {"held": True}, {}, *HELD, id="held"),
        pytest.param(drift("/etc/motd"), {}, {"paused": True}, *PAUSED, id="paused"),
        pytest.param(drift("/etc/motd"), {"unschedulable": True}, {}, *CORDONED, id="cordoned"),
        pytest.param(drift("/etc/motd"), {"ready": False}, {}, SLOT, "", id="not Ready"),
        pytest.param(drift("/etc/motd"), {}, {}, SLOT, "", id="no prerequisite"),
        pytest.param(failed(CONFIG), {}, {"paused": True}, SLOT, "", id="an update is finished"),
    ],
)
def test_it_shows_why_the_node_waits_and_what_has_to_be_done_first(
    status: Any,  # noqa: ANN401 - the cases' own
    fields: Any,  # noqa: ANN401
    spec: Any,  # noqa: ANN401
    timing: str,
    first: str,
) -> None:
    lines = shown(cluster(node("w-1", status, **fields), **spec))

    assert f"  {timing}" in lines
    assert [each for each in lines if each.startswith("  first: ")] == (
        [f"  first: {first}"] if first else []
    )


def test_prerequisites_are_repeated_after_the_request() -> None:
    observed = cluster(
        node("w-1", drift("/etc/motd"), held=True, unschedulable=True),
        node("w-2", drift("/etc/motd")),
    )

    recoveries = plan_recoveries(observed, ["w-1", "w-2"], "boot", NOW)

    release = f"kubectl annotate node w-1 {names.HOLD}-"
    assert texts(recovery_view.requested_lines(recoveries)) == [
        f"requested; w-1 waits until you run: {release} and kubectl uncordon w-1",
        "requested; follow it with `kubectl mc status w-2 --watch`",
    ]


def test_it_waits_for_a_slot_of_its_pool() -> None:
    observed = cluster(node("w-1", drift("/etc/motd")), node("w-2", working(CONFIG)))

    assert shown(observed)[-1] == "  waits for w-2: budget 1 of 1 in use"
    assert shown(observed, "w-2")[-1] == "  waits for the end of the node's update"


def test_the_differences_of_a_new_node_are_unknown() -> None:
    lines = shown(cluster(node("w-1", UNKNOWN)))

    assert lines[0].endswith(" is applied; current config: none")
    assert "    more may differ on the node, which is not known here" in lines


def test_a_node_without_a_pool_or_config_is_refused() -> None:
    unassigned = node("win", runs_linux=False)
    with pytest.raises(CommandError, match="win is in no pool"):
        plan_recoveries(cluster(unassigned), ["win"], "boot", NOW)

    pools = [pool("infra"), pool("edge")]
    labels = {f"node-role.kubernetes.io/{each}": "" for each in ("infra", "edge")}
    claimed_twice = replace(
        cluster(node("w-1", labels=labels)),
        pools=tuple(map(MachineConfigPool.model_validate, pools)),
    )
    with pytest.raises(CommandError, match="w-1 is in no pool: edge and infra select it"):
        plan_recoveries(claimed_twice, ["w-1"], "boot", NOW)

    bad = snapshot(node("w-1"), new=machine_config("60", **a_file("/a")), configuration=None)
    with pytest.raises(CommandError, match="pool worker of w-1 has no rendered config"):
        plan_recoveries(bad, ["w-1"], "boot", NOW)


def test_a_node_whose_pool_cannot_be_read_is_refused_with_the_cause() -> None:
    bad = Unreadable("MachineConfigPool", "gpu", "1", {}, "spec: not an object (fix it)")
    of_gpu = node("w-1", done(CONFIG).model_copy(update={"pool": "gpu"}))

    cause = "the pool of w-1 is unknown: MachineConfigPool gpu cannot be read: spec: not an object"
    with pytest.raises(CommandError, match=cause):
        plan_recoveries(replace(cluster(of_gpu), unreadable=(bad,)), ["w-1"], "boot", NOW)


def test_only_nodes_are_recovered_and_once_each() -> None:
    observed = cluster(node("w-1"), node("w-2"))

    assert select_nodes(["w-2", "w-1", "w-2"], observed) == ["w-2", "w-1"]
    with pytest.raises(CommandError, match="worker is a pool"):
        select_nodes(["worker"], observed)
    with pytest.raises(CommandError, match="no node w-3") as near:
        select_nodes(["w-3"], observed)
    assert "did you mean w-" in texts(near.value.lines)[-1]


def test_control_characters_in_a_path_are_escaped() -> None:
    lines = shown(cluster(node("w-1", drift("/etc/\x1b]0;x\x07"))))

    printed = ["".join(each.text for each in segments_of([line])) for line in lines]

    assert r"  fixes: /etc/\x1b]0;x\x07 (content)" in printed
