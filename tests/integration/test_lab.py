"""The promises of the lab itself, on which every test on real machines depends."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab import Lab

_TWO_WEB_PODS_BOTH_NEEDED = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: lab-web}
spec:
  replicas: 2
  selector: {matchLabels: {app: lab-web}}
  template:
    metadata: {labels: {app: lab-web}}
    spec:
      containers: [{name: web, image: web}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: lab-web}
spec: {minAvailable: 2, selector: {matchLabels: {app: lab-web}}}
"""

_FOREIGN_UNITS = {
    "chrony.service": "enabled",
    "chronyd.service": "alias",
    "foreign-agent.service": "enabled",
    "foreign-failed.service": "enabled",
    "foreign-generated.service": "generated",
    "foreign-instance@.service": "indirect",
    "foreign-linked.service": "linked",
    "foreign-masked.service": "masked",
    "foreign-static.service": "static",
    "foreign.service": "alias",
    "nftables.service": "disabled",
    "uuidd.service": "indirect",
    "uuidd.socket": "enabled",
}


def test_nodes_are_older_in_the_order_of_their_names(lab: Lab) -> None:
    nodes = json.loads(lab.kubectl("get", "nodes", "--output=json").stdout)["items"]
    born = [node["metadata"]["creationTimestamp"] for node in nodes]
    assert [node["metadata"]["name"] for node in nodes] == lab.nodes
    assert born == sorted(set(born))


def test_an_administrator_logs_in_with_sudo_on_both_debian_releases(lab: Lab) -> None:
    releases = [lab.ssh(node, "sudo", "cat", "/etc/os-release") for node in lab.nodes]
    assert sum("bookworm" in release for release in releases) == 3
    assert sum("trixie" in release for release in releases) == 1


def test_a_reboot_gives_a_new_boot_id_and_the_node_is_ready_again(lab: Lab) -> None:
    for node in ("w-1", "w-3"):
        before = lab.boot_id(node)
        lab.machine(node).reboot()
        assert lab.boot_id(node) != before


def test_a_machine_that_lost_power_has_kept_its_files_and_a_reset_one_has_none(lab: Lab) -> None:
    machine = lab.machine("w-2")
    lab.ssh("w-2", "sudo", "touch", "/etc/kept")
    machine.kill()
    assert not machine.is_running()
    machine.start()
    machine.wait_ready()
    assert lab.ssh("w-2", "ls", "/etc/kept", check=False)

    machine.reset()
    machine.wait_ready()
    assert not lab.ssh("w-2", "ls", "/etc/kept", check=False)


def test_pods_run_and_a_disruption_budget_stops_an_eviction(lab: Lab) -> None:
    lab.kubectl("apply", "--filename=-", stdin=_TWO_WEB_PODS_BOTH_NEEDED)
    try:
        lab.kubectl("rollout", "status", "deployment/lab-web", "--timeout=60s")
        # Pods of the fake runtime are Ready a moment before they run, and may be deleted until
        # then.
        running = "--for=jsonpath={.status.phase}=Running"
        lab.kubectl("wait", "pods", "--selector=app=lab-web", running, "--timeout=60s")
        pods = json.loads(lab.kubectl("get", "pods", "-lapp=lab-web", "-ojson").stdout)["items"]
        name = pods[0]["metadata"]["name"]
        eviction = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": name, "namespace": "default"},
        }
        answer = lab.kubectl(
            "create",
            f"--raw=/api/v1/namespaces/default/pods/{name}/eviction",
            "--filename=-",
            stdin=json.dumps(eviction),
            check=False,
        )
        assert "disruption budget" in answer.stderr
    finally:
        lab.kubectl("delete", "--filename=-", "--wait=false", stdin=_TWO_WEB_PODS_BOTH_NEEDED)


def test_every_node_has_pods_that_make_a_drain_hard(lab: Lab) -> None:
    listed = lab.kubectl("get", "pods", "--namespace=foreign", "--output=json").stdout
    pods = json.loads(listed)["items"]
    assert all("emptyDir" in pod["spec"]["volumes"][0] for pod in pods)
    for node in lab.nodes:
        here = [pod["metadata"] for pod in pods if pod["spec"]["nodeName"] == node]
        owned = [pod["ownerReferences"][0]["kind"] for pod in here if "ownerReferences" in pod]
        assert sorted(owned) == ["DaemonSet", "ReplicaSet"]
        assert len(here) == len(owned) + 1, "one that no controller would make again"


@pytest.mark.parametrize("node", ["w-1", "w-3"], ids=["bookworm", "trixie"])
def test_every_machine_has_foreign_units_in_many_states(lab: Lab, node: str) -> None:
    listed = lab.ssh(node, "systemctl list-unit-files --no-legend").splitlines()
    states = dict(line.split()[:2] for line in listed)
    assert {unit: states[unit] for unit in _FOREIGN_UNITS} == _FOREIGN_UNITS
    failed = lab.ssh(node, "systemctl --failed --plain --no-legend").split()
    assert failed[0] == "foreign-failed.service"
    assert lab.ssh(node, "systemctl is-system-running --wait", check=False) == "degraded\n"


def test_the_controller_is_its_own_service_account(lab: Lab) -> None:
    lab.install()
    whoami = ["auth", "whoami", f"--kubeconfig={lab.controller_kubeconfig}", "--output=json"]
    answer = subprocess.run(
        [lab.bin / "kubectl", *whoami], capture_output=True, text=True, check=True
    )
    user = json.loads(answer.stdout)["status"]["userInfo"]["username"]
    assert user == "system:serviceaccount:machine-config:machine-config-controller"


@pytest.mark.usefixtures("root")
def test_two_labs_do_not_affect_each_other_and_leave_nothing_behind(
    lab: Lab, tmp_path: Path
) -> None:
    with Lab(tmp_path / "other", workers=0) as other:
        assert other.boot_id("cp-1") != lab.boot_id("cp-1")
        assert _processes_of(other.folder)
    assert not _processes_of(tmp_path / "other")
    assert [entry.name for entry in (tmp_path / "other").iterdir()] == ["logs"]
    lab.wait_ready()


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("victim", ["owner", "keeper"])
def test_nothing_outlives_a_lab_whose_owner_or_keeper_is_killed(
    tmp_path: Path, victim: str
) -> None:
    folder = tmp_path / "lab"
    program = (
        "import pathlib, sys, time; from tests.lab import Lab\n"
        "Lab(pathlib.Path(sys.argv[1]), workers=0).up(); print('up', flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, folder],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "up\n"
        keeper = int((folder / "keeper.lock").read_text())
        pid = owner.pid if victim == "owner" else keeper
        subprocess.run(["kill", "-KILL", str(pid)], check=True)
        try:
            _wait_until(lambda: not _processes_of(folder))
        finally:
            owner.send_signal(signal.SIGKILL)
    Lab(folder).down()


def _processes_of(folder: Path) -> list[str]:
    """Return the processes that were started for the lab in this directory or use its mounts."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode()
            mounts = (process / "mountinfo").read_text()
        except OSError:
            continue
        if f"--dir={folder}" in command or f"{folder}/" in command + mounts:
            found.append(command)
    return found


def _wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)
