"""`kubectl mc recover`: what it says before it asks."""

from dataclasses import replace
from typing import Any

import pytest

from controller.api import names
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_node import Drift
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.machine_configuration import MachineConfiguration
from controller.cli.kubectl_mc.arguments.selection import nodes_named
from controller.cli.kubectl_mc.rollout import recovery_view
from controller.cli.kubectl_mc.rollout.recovery_plan import recoveries
from controller.cli.kubectl_mc.terminal import console
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.planning import node_status
from controller.planning.controller_state import ControllerState
from controller.planning.node import Node
from controller.planning.plan import plan
from controller.planning.snapshot import Snapshot
from tests.unit.cli.kubectl_mc.clusters import snapshot, target
from tests.unit.cli.kubectl_mc.manifests import (
    a_file,
    a_key,
    a_unit,
    machine_config,
    pool,
    restart_policy,
)
from tests.unit.cli.kubectl_mc.status.test_status import texts
from tests.unit.planning.build import NOW, OLD, UNKNOWN, done, drifted, failed, node, working

HELD = machine_config("50-a", **a_file("/etc/motd"), **a_unit(), **a_key())
CONFIG = target()


def cluster(*nodes: Node, policy: Any = None, **spec: Any) -> Snapshot:  # noqa: ANN401 - any member of a spec
    """Return a cluster whose workers are to be on what HELD makes, which stands there rendered."""
    seen = snapshot(*nodes, wanted=HELD, **spec)
    [wanted] = (each.target for each in _plans(seen) if each.name == "worker")
    rendered = MachineConfig.model_validate({**HELD, "metadata": {"name": wanted}})
    renamed = tuple(_on(each, wanted) for each in seen.nodes)
    policed = MachineConfiguration.model_validate(policy) if policy else None
    configs = (*(each for each in seen.machine_configs if each.name != wanted), rendered)
    return replace(seen, nodes=renamed, machine_configs=configs, configuration=policed)


def _plans(seen: Snapshot) -> Any:  # noqa: ANN401 - plans of pools
    return plan(seen, ControllerState.unknown(), "boot", NOW).pools


def _on(seen: Node, wanted: str) -> Node:
    """The node, with what it is on in the place of CONFIG."""
    named = {
        key: wanted
        for key in ("current_config", "desired_config")
        if getattr(seen.status, key) == CONFIG
    }
    return replace(seen, status=seen.status.model_copy(update=named))


def drift(*paths: str, kind: str = "content") -> Any:  # noqa: ANN401 - a status
    found = [Drift(path=each, kind=kind) for each in paths]
    return node_status.on_checked(done(CONFIG), found, NOW)


def told(seen: Snapshot, name: str = "w-1") -> list[str]:
    [found] = recoveries(seen, [name], "boot", NOW)
    return texts(recovery_view.lines(found))


def test_it_says_what_is_put_right_and_what_that_disturbs() -> None:
    seen = cluster(node("w-1", drift("/etc/motd", "a.service")))

    title, *lines = told(seen)

    assert title.startswith("node w-1, in pool worker: rendered-worker-")
    assert title.endswith(" is applied again")
    assert lines == [
        "  puts right: /etc/motd (content)",
        "  puts right: a.service (content)",
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
def test_the_policy_says_what_each_path_asks_for(path: str, reason: str) -> None:
    policy = restart_policy("/etc/motd", "m.service")

    assert f"    {reason}" in told(cluster(node("w-1", drift(path)), policy=policy))


def test_a_force_file_asks_for_a_reboot_whatever_else_differs() -> None:
    lines = told(cluster(node("w-1", drift(names.FORCE_FILE, kind="forceFile"))))

    assert "  disruption: Reboot, each node cordoned and drained first" in lines
    assert f"    Reboot: {names.FORCE_FILE} asks for it" in lines


def test_a_node_on_a_config_that_nobody_knows_may_differ_in_more() -> None:
    record = "/var/lib/machine-config/record.json"

    lines = told(cluster(node("w-1", drift(record, kind="on ignition-abc"))))

    assert "    besides what else differs on the node, which is not known here" in lines
    assert not any(f"{record} changed" in each for each in lines)


def test_a_node_that_waits_for_a_newer_config_is_given_that() -> None:
    lines = told(cluster(node("w-1", drifted(OLD))))

    assert lines[0].endswith(f" is applied; it is on {OLD}")
    assert any("a.service changed" in each for each in lines)


def test_a_node_that_failed_says_at_what() -> None:
    lines = told(cluster(node("w-1", failed(CONFIG))))

    assert "  failed before: Verify failed: no route (fix it)" in lines
    assert "    besides what else differs on the node, which is not known here" in lines


def test_a_node_with_no_known_drift_may_be_recovered_too() -> None:
    lines = told(cluster(node("w-1", done(CONFIG))))

    assert "  no drift is known: what differs is found on the node" in lines
    assert "  disruption: none" in lines


HELD_BACK = (
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
    ("status", "fields", "spec", "turn", "first"),
    [
        pytest.param(drift("/etc/motd"), {"held": True}, {}, *HELD_BACK, id="held"),
        pytest.param(drift("/etc/motd"), {}, {"paused": True}, *PAUSED, id="paused"),
        pytest.param(drift("/etc/motd"), {"unschedulable": True}, {}, *CORDONED, id="cordoned"),
        pytest.param(
            drift("/etc/motd"), {"ready": False}, {}, "waits: not Ready", "", id="not Ready"
        ),
        pytest.param(drift("/etc/motd"), {}, {}, SLOT, "", id="nothing in the way"),
        pytest.param(
            failed(CONFIG), {}, {"paused": True}, SLOT, "", id="an update is brought to its end"
        ),
    ],
)
def test_it_says_why_the_node_waits_and_what_has_to_be_done_first(
    status: Any,  # noqa: ANN401 - the cases' own
    fields: Any,  # noqa: ANN401
    spec: Any,  # noqa: ANN401
    turn: str,
    first: str,
) -> None:
    lines = told(cluster(node("w-1", status, **fields), **spec))

    assert f"  {turn}" in lines
    assert [each for each in lines if each.startswith("  first: ")] == (
        [f"  first: {first}"] if first else []
    )


def test_where_something_has_to_be_done_first_asking_ends_with_that() -> None:
    seen = cluster(
        node("w-1", drift("/etc/motd"), held=True, unschedulable=True),
        node("w-2", drift("/etc/motd")),
    )

    found = recoveries(seen, ["w-1", "w-2"], "boot", NOW)

    release = f"kubectl annotate node w-1 {names.HOLD}-"
    assert texts(recovery_view.asked(found)) == [
        f"asked; nothing is done with w-1 before: {release} and kubectl uncordon w-1",
        "asked; `kubectl mc status w-2 --watch` shows how far it is",
    ]


def test_it_waits_for_a_slot_of_its_pool() -> None:
    seen = cluster(node("w-1", drift("/etc/motd")), node("w-2", working(CONFIG)))

    assert told(seen)[-1] == "  waits for w-2: budget 1 of 1 in use"
    assert told(seen, "w-2")[-1] == "  waits for the end of the update that the node is in"


def test_a_new_node_has_everything_unknown() -> None:
    lines = told(cluster(node("w-1", UNKNOWN)))

    assert lines[0].endswith(" is applied; it is on no config")
    assert "    besides what else differs on the node, which is not known here" in lines


def test_a_node_without_a_pool_or_config_is_refused() -> None:
    stray = node("win", runs_linux=False)
    with pytest.raises(CommandError, match="win is in no pool"):
        recoveries(cluster(stray), ["win"], "boot", NOW)

    pools = [pool("infra"), pool("edge")]
    labels = {f"node-role.kubernetes.io/{each}": "" for each in ("infra", "edge")}
    torn = replace(
        cluster(node("w-1", labels=labels)),
        pools=tuple(map(MachineConfigPool.model_validate, pools)),
    )
    with pytest.raises(CommandError, match="w-1 is in no pool: edge and infra select it"):
        recoveries(torn, ["w-1"], "boot", NOW)

    bad = snapshot(node("w-1"), wanted=machine_config("60", **a_file("/a")), configuration=None)
    with pytest.raises(CommandError, match="pool worker of w-1 has no rendered config"):
        recoveries(bad, ["w-1"], "boot", NOW)


def test_only_nodes_are_recovered_and_each_once() -> None:
    seen = cluster(node("w-1"), node("w-2"))

    assert nodes_named(["w-2", "w-1", "w-2"], seen) == ["w-2", "w-1"]
    with pytest.raises(CommandError, match="worker is a pool"):
        nodes_named(["worker"], seen)
    with pytest.raises(CommandError, match="no node w-3") as near:
        nodes_named(["w-3"], seen)
    assert "did you mean w-" in texts(near.value.lines)[-1]


def test_a_hostile_path_is_not_obeyed() -> None:
    lines = told(cluster(node("w-1", drift("/etc/\x1b]0;x\x07"))))

    shown = ["".join(each.text for each in console.segments_of([line])) for line in lines]

    assert r"  puts right: /etc/\x1b]0;x\x07 (content)" in shown
