"""Drift under the controller with every way to end it, and new and reinstalled nodes.

All tests share one stage; each leaves the workers on the pool's target.
"""

import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from controller.api import names
from tests.demo.stage import Stage
from tests.lab import Lab
from tests.machines.configs import Json, file, ignition, policy, restart, worker_config
from tests.machines.conftest import playing
from tests.machines.kubectl_mc import kubectl_mc

_FILE = "/etc/systemd/journald.conf.d/10-size.conf"
_CHANGED = "# by hand"
_NEW_NODE = "w-3"
_KEYS = "/etc/ssh/ssh_host_ed25519_key"
_REINSTALL = f"""
sudo cp -a /etc/ssh /etc/machine-id /root
sudo rm -rf /var/lib/machine-config {_FILE} {_KEYS}
sudo ssh-keygen -q -t ed25519 -N '' -f {_KEYS}
tr -d - < /proc/sys/kernel/random/uuid | sudo tee /etc/machine-id > /dev/null
cat {_KEYS}.pub
sudo systemctl restart ssh
"""
# The machine cannot be reached then, so that it has to wake itself.
_AT = "sudo systemd-run --quiet --timer-property=AccuracySec=100ms --on-active"
_SLEEP = f"""
{_AT}=25 pkill -CONT sshd
{_AT}=1 pkill -STOP sshd
"""
_GPU = """
apiVersion: machineconfiguration.alauda.io/v1alpha1
kind: MachineConfigPool
metadata: {name: gpu}
spec:
  nodeSelector: {matchLabels: {gpu: ""}}
  machineConfigSelector: {matchLabels: {machineconfiguration.alauda.io/role: gpu}}
---
apiVersion: machineconfiguration.alauda.io/v1alpha1
kind: MachineConfig
metadata: {name: 60-gpu, labels: {machineconfiguration.alauda.io/role: gpu}}
spec:
  config:
    ignition: {version: 3.4.0}
    storage: {files: [{path: /etc/gpu.conf, contents: {source: "data:,gpu"}}]}
"""
_DROP_IN = "/etc/systemd/system/kubelet.service.d/50-ours.conf"
_STOP_KUBELET = f"""
printf '[Service]\\nExecStart=\\nExecStart=/bin/sleep infinity\\n' | sudo tee {_DROP_IN}
sudo systemctl daemon-reload
sudo systemctl restart kubelet.service
"""
_RESTORE_IDENTITY = "sudo cp -a /root/ssh /etc; sudo cp -a /root/machine-id /etc"


@dataclass(frozen=True)
class Cluster:
    """A cluster under a controller, and the taints that one node had since it joined."""

    stage: Stage
    taints: list[str]

    def mc(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run `kubectl mc` as the administrator."""
        return kubectl_mc(self.stage.lab, *words)

    def drift(self, node: str) -> None:
        """Change a managed file by hand, and wait until the change is found."""
        self.stage.lab.ssh(node, f"echo '{_CHANGED}' | sudo tee -a {_FILE}")
        checked = self.mc("check", node)
        assert checked.returncode == 1, checked.stderr
        assert f"{_FILE} (content)" in checked.stdout

    def request_check(self, nonce: str, *nodes: str) -> None:
        """Request a check of nodes, and wait until the first of them is handled."""
        self.stage.kubectl("annotate", "--overwrite", "node", *nodes, f"{names.CHECK}={nonce}")
        self.stage.eventually(lambda: self.handled(nodes[0]) == nonce, "the check is handled")

    def handled(self, node: str) -> str:
        """Return the nonce of the last handled check request."""
        return str(self.stage.progress(node)["answered"]["check"])


@pytest.fixture(scope="module")
def cluster(lab: Lab) -> Iterator[Cluster]:
    """All workers run their config; one of them has joined with the product's taint."""
    with playing(lab) as stage:
        stage.kubectl("taint", "node", _NEW_NODE, f"{names.UNCONFIGURED}=:NoSchedule")
        stage.apply("10-journal-size.yaml")
        taints = "--output=jsonpath={.spec.taints[*].key} {'\\n'}"
        with stage.watching("nodes", _NEW_NODE, taints) as seen:
            stage.controller.start()
            stage.rolled_out()
            stage.eventually(
                lambda: "taints" not in stage.node(_NEW_NODE)["spec"], "it accepts pods"
            )
        yield Cluster(stage, seen)


@pytest.fixture
def host_key(cluster: Cluster) -> Iterator[list[str]]:
    """A list for a machine's new host key, set by the test; its old key is restored afterwards."""
    lab = cluster.stage.lab
    known_hosts = lab.folder / "known_hosts"
    before = known_hosts.read_text()
    keys: list[str] = []
    yield keys
    _trust(lab, keys[0])
    lab.ssh(_NEW_NODE, _RESTORE_IDENTITY)
    lab.ssh(_NEW_NODE, "sudo systemctl restart ssh")
    known_hosts.write_text(before)
    # The machine ID differs from the one in the record now.
    lab.ssh(_NEW_NODE, "sudo rm -rf /var/lib/machine-config")
    cluster.request_check("restored", _NEW_NODE)
    cluster.stage.rolled_out()


def test_a_new_node_accepts_no_pods_until_it_runs_its_config(cluster: Cluster) -> None:
    assert names.UNCONFIGURED in cluster.taints[0]
    assert cluster.stage.sudo(_NEW_NODE, "cat", _FILE)
    assert cluster.stage.annotation(_NEW_NODE, "state") == "Done"


def test_drift_that_is_fixed_by_hand_is_gone(cluster: Cluster) -> None:
    cluster.drift("w-2")
    cluster.stage.lab.ssh("w-2", f"sudo sed -i '$d' {_FILE}")

    checked = cluster.mc("check", "w-2")

    assert checked.returncode == 0, checked.stdout
    assert cluster.stage.annotation("w-2", "state") == "Done"


def test_a_node_recovers_under_the_policy_on_request(cluster: Cluster) -> None:
    before, boots = cluster.stage.sudo("w-2", "cat", _FILE), cluster.stage.boots()
    cluster.drift("w-2")
    shown = cluster.mc("status", "w-2", "--diff", "--ssh-config", str(cluster.stage.lab.ssh_config))
    assert f"+{_CHANGED}" in shown.stdout, shown.stderr

    recovered = cluster.mc("recover", "w-2", "--yes", "--wait")

    assert recovered.returncode == 0, recovered.stderr
    assert f"fixes: {_FILE} (content)" in recovered.stdout
    assert cluster.stage.sudo("w-2", "cat", _FILE) == before
    assert cluster.stage.boots() == boots


def test_adopted_drift_becomes_the_target_of_the_whole_pool(cluster: Cluster) -> None:
    before, boots = cluster.stage.target(), cluster.stage.boots()
    cluster.drift("w-2")

    adopted = cluster.mc("adopt", "w-2", _FILE, "--ssh-config", str(cluster.stage.lab.ssh_config))
    assert adopted.returncode == 0, adopted.stderr
    cluster.stage.kubectl("apply", "--filename=-", stdin=adopted.stdout)
    cluster.stage.rolled_out(beyond=before)

    assert all(_CHANGED in cluster.stage.sudo(node, "cat", _FILE) for node in ("w-1", "w-2"))
    assert cluster.stage.boots() == boots


def test_a_hanging_node_delays_no_other_node(cluster: Cluster) -> None:
    stage = cluster.stage
    stage.lab.ssh("w-1", _SLEEP)
    time.sleep(2)

    # The hanging node last: a request that comes later would be in the next run.
    cluster.request_check("all", "w-2", "w-3", "w-1")
    stage.eventually(lambda: cluster.handled("w-3") == "all", "the check of w-3 is handled too")
    assert cluster.handled("w-1") != "all"

    stage.eventually(
        lambda: cluster.handled("w-1") == "all", "the check of w-1 is handled, or has timed out"
    )
    stage.eventually(lambda: stage.lab.ssh("w-1", "echo awake", check=False), "it is awake")
    cluster.request_check("awake", "w-1")
    [condition] = stage.progress("w-1")["conditions"]
    assert condition["status"] == "False"


def test_a_node_that_moves_to_another_pool_needs_one_update(cluster: Cluster) -> None:
    stage = cluster.stage
    boots, before = stage.boots(), _updates(stage, "w-2")
    stage.kubectl("apply", "--filename=-", stdin=_GPU)
    stage.eventually(lambda: stage.target("gpu"), "the pool has a config")

    stage.kubectl("label", "node", "w-2", "gpu=")
    stage.eventually(
        lambda: stage.annotation("w-2", "currentConfig") == stage.target("gpu"), "it is updated"
    )
    assert stage.sudo("w-2", "cat", "/etc/gpu.conf") == "gpu"
    stage.kubectl("label", "node", "w-2", "gpu-")
    stage.eventually(
        lambda: stage.annotation("w-2", "currentConfig") == stage.target(), "it is updated back"
    )

    assert not stage.sudo("w-2", "cat", "/etc/gpu.conf")
    assert _updates(stage, "w-2") == before + 2, "one there, and one back"
    assert stage.boots() == boots


def _updates(stage: Stage, node: str) -> int:
    """Return how often a node got a new target, according to its Events."""
    about = f"--field-selector=involvedObject.name={node},reason=Targeted"
    found = stage.lab.kubectl("get", "events", about, "--output=jsonpath={.items[*].count}")
    return sum(map(int, found.stdout.split()))


def test_a_node_that_its_drift_has_taken_down_recovers_on_request(cluster: Cluster) -> None:
    stage, boots = cluster.stage, cluster.stage.boots()
    before = stage.target()
    asks = policy(_DROP_IN, {"type": "DaemonReload"}, restart("kubelet.service"))
    stage.kubectl("apply", "--filename=-", stdin=json.dumps(asks))
    stage.kubectl("apply", "--filename=-", stdin=json.dumps(_with_drop_in()))
    stage.rolled_out(beyond=before)
    stage.lab.ssh("w-2", _STOP_KUBELET)
    assert cluster.mc("check", "w-2").returncode == 1
    stage.eventually(lambda: not _is_ready(stage, "w-2"), "w-2 is not Ready")

    recovered = cluster.mc("recover", "w-2", "--yes", "--wait")

    assert recovered.returncode == 0, recovered.stderr
    assert _is_ready(stage, "w-2")
    assert stage.boots() == boots


def _with_drop_in() -> Json:
    return worker_config("60-kubelet", ignition(file(_DROP_IN, "[Service]\nNice=0\n")))


def _is_ready(stage: Stage, node: str) -> bool:
    conditions = stage.node(node)["status"]["conditions"]
    return any((each["type"], each["status"]) == ("Ready", "True") for each in conditions)


def test_with_the_force_file_a_node_is_applied_again_and_rebooted_once(cluster: Cluster) -> None:
    boots = cluster.stage.boots()
    cluster.stage.lab.ssh("w-1", f"sudo touch {names.FORCE_FILE}")

    assert cluster.mc("check", "w-1").returncode == 1
    cluster.stage.eventually(lambda: cluster.stage.boots() != boots, "w-1 reboots")
    cluster.stage.rolled_out()

    assert cluster.stage.boots() == {**boots, "w-1": boots["w-1"] + 1}
    assert not cluster.stage.sudo("w-1", "ls", names.FORCE_FILE)


def test_a_reinstalled_machine_is_reported_and_becomes_a_new_node_once_its_key_is_trusted(
    cluster: Cluster, host_key: list[str]
) -> None:
    stage = cluster.stage
    boots = stage.boots()
    host_key.append(stage.lab.ssh(_NEW_NODE, _REINSTALL))

    cluster.request_check("silent", _NEW_NODE)
    [condition] = stage.progress(_NEW_NODE)["conditions"]
    assert (condition["type"], condition["status"]) == (names.DRIFTED, "Unknown")
    assert "Host key verification failed" in condition["message"]
    assert "known_hosts" in condition["message"]
    assert stage.annotation(_NEW_NODE, "state") == "Done"

    _trust(stage.lab, host_key[0])
    cluster.request_check("trusted", _NEW_NODE)
    stage.eventually(lambda: stage.sudo(_NEW_NODE, "cat", _FILE), "it runs its config again")
    stage.rolled_out()

    events = stage.lab.kubectl("get", "events", "--output=jsonpath={.items[*].reason}").stdout
    assert "Reinstalled" in events
    assert stage.boots() == boots


def _trust(lab: Lab, key: str) -> None:
    """Put the node's host key into the known_hosts of the controller and the administrator."""
    known_hosts = lab.folder / "known_hosts"
    others = [
        line for line in known_hosts.read_text().splitlines() if not line.startswith(_NEW_NODE)
    ]
    kind, value = key.split()[:2]
    known_hosts.write_text("\n".join([*others, f"{_NEW_NODE} {kind} {value}", ""]))
