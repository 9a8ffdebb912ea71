"""A controller that cares for its nodes: drift, each way to end it, new and reinstalled nodes.

All on one stage, on which each test leaves the workers on the config that is in force then.
"""

import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from controller.api import names
from tests.demo.stage import Stage
from tests.lab import Lab
from tests.machines.conftest import playing
from tests.machines.kubectl_mc import kubectl_mc

_FILE = "/etc/systemd/journald.conf.d/10-size.conf"
_CHANGED = "# by hand"
_NEW = "w-3"
_KEYS = "/etc/ssh/ssh_host_ed25519_key"
_INSTALL_ANEW = f"""
sudo cp -a /etc/ssh /etc/machine-id /root
sudo rm -rf /var/lib/machine-config {_FILE} {_KEYS}
sudo ssh-keygen -q -t ed25519 -N '' -f {_KEYS}
tr -d - < /proc/sys/kernel/random/uuid | sudo tee /etc/machine-id > /dev/null
cat {_KEYS}.pub
sudo systemctl restart ssh
"""
# Nobody is there to wake it but the machine itself.
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
_AS_IT_WAS = "sudo cp -a /root/ssh /etc; sudo cp -a /root/machine-id /etc"


@dataclass(frozen=True)
class Care:
    """A cluster under a controller, and the taints that one node had since it joined."""

    stage: Stage
    taints: list[str]

    def mc(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run `kubectl mc` as the administrator."""
        return kubectl_mc(self.stage.lab, *words)

    def drift(self, node: str) -> None:
        """Somebody changes a managed file, and it is found."""
        self.stage.lab.ssh(node, f"echo '{_CHANGED}' | sudo tee -a {_FILE}")
        checked = self.mc("check", node)
        assert checked.returncode == 1, checked.stderr
        assert f"{_FILE} (content)" in checked.stdout

    def ask(self, word: str, *nodes: str) -> None:
        """Ask for a check of nodes, and wait until the first of them is answered for."""
        self.stage.kubectl("annotate", "--overwrite", "node", *nodes, f"{names.CHECK}={word}")
        self.stage.eventually(lambda: self.answer(nodes[0]) == word, "it is answered")

    def answer(self, node: str) -> str:
        """The word by which a check was last asked for and answered."""
        return str(self.stage.progress(node)["lastHandledRequests"]["check"])


@pytest.fixture(scope="module")
def care(lab: Lab) -> Iterator[Care]:
    """All workers are on their config; one of them has joined with our taint."""
    with playing(lab) as stage:
        stage.kubectl("taint", "node", _NEW, f"{names.UNCONFIGURED}=:NoSchedule")
        stage.apply("10-journal-size.yaml")
        taints = "--output=jsonpath={.spec.taints[*].key} {'\\n'}"
        with stage.watching("nodes", _NEW, taints) as seen:
            stage.controller.start()
            stage.rolled_out()
            stage.eventually(lambda: "taints" not in stage.node(_NEW)["spec"], "it takes work")
        yield Care(stage, seen)


@pytest.fixture
def host_key(care: Care) -> Iterator[list[str]]:
    """A machine's new host key, once a test has put it there; it has its old one in the end."""
    lab = care.stage.lab
    known_hosts = lab.folder / "known_hosts"
    before = known_hosts.read_text()
    keys: list[str] = []
    yield keys
    _trust(lab, keys[0])
    lab.ssh(_NEW, _AS_IT_WAS)
    lab.ssh(_NEW, "sudo systemctl restart ssh")
    known_hosts.write_text(before)
    # It has yet another machine ID now, beside a record of the machine before.
    lab.ssh(_NEW, "sudo rm -rf /var/lib/machine-config")
    care.ask("as it was", _NEW)
    care.stage.rolled_out()


def test_a_new_node_takes_no_work_until_it_is_on_its_config(care: Care) -> None:
    assert names.UNCONFIGURED in care.taints[0]
    assert care.stage.sudo(_NEW, "cat", _FILE)
    assert care.stage.annotation(_NEW, "state") == "Done"


def test_drift_that_is_put_right_by_hand_is_over(care: Care) -> None:
    care.drift("w-2")
    care.stage.lab.ssh("w-2", f"sudo sed -i '$d' {_FILE}")

    checked = care.mc("check", "w-2")

    assert checked.returncode == 0, checked.stdout
    assert care.stage.annotation("w-2", "state") == "Done"


def test_a_node_recovers_under_the_policy_when_somebody_asks(care: Care) -> None:
    before, boots = care.stage.sudo("w-2", "cat", _FILE), care.stage.boots()
    care.drift("w-2")
    shown = care.mc("status", "w-2", "--diff", "--ssh-config", str(care.stage.lab.ssh_config))
    assert f"+{_CHANGED}" in shown.stdout, shown.stderr

    recovered = care.mc("recover", "w-2", "--yes", "--wait")

    assert recovered.returncode == 0, recovered.stderr
    assert f"fixes: {_FILE} (content)" in recovered.stdout
    assert care.stage.sudo("w-2", "cat", _FILE) == before
    assert care.stage.boots() == boots


def test_drift_that_is_adopted_is_wanted_of_the_whole_pool(care: Care) -> None:
    before, boots = care.stage.target(), care.stage.boots()
    care.drift("w-2")

    adopted = care.mc("adopt", "w-2", _FILE, "--ssh-config", str(care.stage.lab.ssh_config))
    assert adopted.returncode == 0, adopted.stderr
    care.stage.kubectl("apply", "--filename=-", stdin=adopted.stdout)
    care.stage.rolled_out(beyond=before)

    assert all(_CHANGED in care.stage.sudo(node, "cat", _FILE) for node in ("w-1", "w-2"))
    assert care.stage.boots() == boots


def test_a_node_that_hangs_delays_no_other(care: Care) -> None:
    stage = care.stage
    stage.lab.ssh("w-1", _SLEEP)
    time.sleep(2)

    care.ask("all", "w-2", "w-1", "w-3")
    stage.eventually(lambda: care.answer("w-3") == "all", "the other one is answered too")
    assert care.answer("w-1") != "all"

    stage.eventually(lambda: care.answer("w-1") == "all", "it has answered, or is given up")
    stage.eventually(lambda: stage.lab.ssh("w-1", "echo awake", check=False), "it is awake")
    care.ask("awake", "w-1")
    [condition] = stage.progress("w-1")["conditions"]
    assert condition["status"] == "False"


def test_a_node_that_moves_to_another_pool_is_brought_there_in_one_update(care: Care) -> None:
    stage = care.stage
    boots, before = stage.boots(), _updates(stage, "w-2")
    stage.kubectl("apply", "--filename=-", stdin=_GPU)
    stage.eventually(lambda: stage.target("gpu"), "the pool has a config")

    stage.kubectl("label", "node", "w-2", "gpu=")
    stage.eventually(
        lambda: stage.annotation("w-2", "currentConfig") == stage.target("gpu"), "it is there"
    )
    assert stage.sudo("w-2", "cat", "/etc/gpu.conf") == "gpu"
    stage.kubectl("label", "node", "w-2", "gpu-")
    stage.eventually(
        lambda: stage.annotation("w-2", "currentConfig") == stage.target(), "it is back"
    )

    assert not stage.sudo("w-2", "cat", "/etc/gpu.conf")
    assert _updates(stage, "w-2") == before + 2, "one there, and one back"
    assert stage.boots() == boots


def _updates(stage: Stage, node: str) -> int:
    """How often a node was given a config, as its Events tell."""
    about = f"--field-selector=involvedObject.name={node},reason=Targeted"
    found = stage.lab.kubectl("get", "events", about, "--output=jsonpath={.items[*].count}")
    return sum(map(int, found.stdout.split()))


def test_the_force_file_has_a_node_applied_again_and_rebooted_once(care: Care) -> None:
    boots = care.stage.boots()
    care.stage.lab.ssh("w-1", f"sudo touch {names.FORCE_FILE}")

    assert care.mc("check", "w-1").returncode == 1
    care.stage.eventually(lambda: care.stage.boots() != boots, "w-1 reboots")
    care.stage.rolled_out()

    assert care.stage.boots() == {**boots, "w-1": boots["w-1"] + 1}
    assert not care.stage.sudo("w-1", "ls", names.FORCE_FILE)


def test_a_machine_that_was_installed_anew_is_reported_and_once_it_is_trusted_is_a_new_node(
    care: Care, host_key: list[str]
) -> None:
    stage = care.stage
    boots = stage.boots()
    host_key.append(stage.lab.ssh(_NEW, _INSTALL_ANEW))

    care.ask("silent", _NEW)
    [condition] = stage.progress(_NEW)["conditions"]
    assert (condition["type"], condition["status"]) == (names.DRIFTED, "Unknown")
    assert "Host key verification failed" in condition["message"]
    assert "known_hosts" in condition["message"]
    assert stage.annotation(_NEW, "state") == "Done"

    _trust(stage.lab, host_key[0])
    care.ask("trusted", _NEW)
    stage.eventually(lambda: stage.sudo(_NEW, "cat", _FILE), "it is on its config again")
    stage.rolled_out()

    events = stage.lab.kubectl("get", "events", "--output=jsonpath={.items[*].reason}").stdout
    assert "Reinstalled" in events
    assert stage.boots() == boots


def _trust(lab: Lab, key: str) -> None:
    """Put the node's host key where the controller and the administrator look it up."""
    known_hosts = lab.folder / "known_hosts"
    others = [line for line in known_hosts.read_text().splitlines() if not line.startswith(_NEW)]
    kind, value = key.split()[:2]
    known_hosts.write_text("\n".join([*others, f"{_NEW} {kind} {value}", ""]))
