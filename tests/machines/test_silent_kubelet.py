"""A kubelet that does not come back is a failure of its node, and another config mends it."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.demo.stage import Stage
from tests.lab import Lab
from tests.machines.clean_lab import make_pristine
from tests.machines.configs import Json, file, ignition, policy, restart, worker_config
from tests.machines.playbook import Run, play

_SLEEPS = "[Service]\nExecStart=\nExecStart=/bin/sleep infinity\n"
_DROP_IN = "/etc/systemd/system/kubelet.service.d/50-sleeps.conf"
_IDLE = {"name": "kubelet.service", "dropins": [{"name": "50-sleeps.conf", "contents": _SLEEPS}]}
_SILENT = "its kubelet has not renewed its Lease since"

CASES: dict[str, tuple[str, Json, Json | None, str]] = {
    "a kubelet that runs and is silent": (
        "w-1",
        ignition(units=(_IDLE,)),
        None,
        "kubelet.service is active (running)",
    ),
    "a kubelet that the boot does not start": (
        "w-2",
        ignition(units=({"name": "kubelet.service", "enabled": False},)),
        None,
        "kubelet.service is inactive (dead)",
    ),
    "a kubelet that is silent after its restart": (
        "w-3",
        ignition(file(_DROP_IN, _SLEEPS)),
        policy(_DROP_IN, {"type": "DaemonReload"}, restart("kubelet.service")),
        "kubelet.service is active (running)",
    ),
}


def _spoil_and_mend(lab: Lab, node: str, config: Json, asks: Json | None) -> tuple[Run, Run]:
    spoiled = play(lab, node, config, asks, verify_heartbeat_timeout=6)
    return spoiled, play(lab, node, ignition(), asks)


@pytest.fixture(scope="module")
def runs(lab: Lab) -> dict[str, tuple[Run, Run]]:
    """Play all cases in parallel, since each mostly waits."""
    with ThreadPoolExecutor() as pool:
        ends = pool.map(
            lambda case: _spoil_and_mend(lab, case[0], case[1], case[2]), CASES.values()
        )
        found = dict(zip(CASES, ends, strict=True))
    make_pristine(lab, lab.nodes)
    return found


@pytest.mark.parametrize("case", CASES)
def test_the_update_fails_with_the_state_of_the_kubelets_unit(
    runs: dict[str, tuple[Run, Run]], case: str
) -> None:
    spoiled, _ = runs[case]
    printed = " ".join(spoiled.output.split())

    assert spoiled.status == 2, spoiled.output
    assert _SILENT in printed
    assert CASES[case][3] in printed
    assert "check `journalctl -u kubelet.service -b` on the node" in printed


@pytest.mark.parametrize("case", CASES)
def test_a_config_without_the_fault_mends_the_node(
    runs: dict[str, tuple[Run, Run]], case: str
) -> None:
    _, mended = runs[case]

    assert mended.status == 0, mended.output


def test_a_mended_config_reaches_the_node_whose_kubelet_is_silent(stage: Stage) -> None:
    stage.controller.start(MACHINECONFIG_KUBELET_TIMEOUT="6")
    stage.rolled_out()
    good, boots = stage.target(), stage.boots()
    stage.kubectl("apply", "--filename=-", stdin=json.dumps(_bad()))
    stage.eventually(
        lambda: "w-1" in stage.condition("NodeDegraded")["message"], "the pool is Degraded"
    )
    failed, bad = stage.progress("w-1"), stage.target()

    stage.kubectl("delete", "machineconfig", "60-silent")
    stage.rolled_out(beyond=bad)

    assert (failed["state"], failed["lastFailure"]["phase"]) == ("Degraded", "Verify")
    assert _SILENT in failed["reason"]
    assert "journalctl -u kubelet.service" in failed["lastFailure"]["remedy"]
    assert stage.target() == good
    assert stage.boots() == {**boots, "w-1": boots["w-1"] + 2}, "into the config, and out of it"


def _bad() -> Json:
    return worker_config("60-silent", ignition(units=(_IDLE,)))
