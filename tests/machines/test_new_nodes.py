"""Machines that join, and machines that were installed anew under their name."""

from collections.abc import Iterator

import pytest

from controller.api import names
from tests.lab import Lab
from tests.story.stage import Stage

_NODE = "w-3"
_KEYS = "/etc/ssh/ssh_host_ed25519_key"
_TAINT = f"{names.UNCONFIGURED}=:NoSchedule"
_DROP_IN = "/etc/systemd/journald.conf.d/10-size.conf"
_INSTALL_ANEW = f"""
sudo cp -a /etc/ssh /etc/machine-id /root
sudo rm -rf /var/lib/machine-config {_DROP_IN} {_KEYS}
sudo ssh-keygen -q -t ed25519 -N '' -f {_KEYS}
tr -d - < /proc/sys/kernel/random/uuid | sudo tee /etc/machine-id > /dev/null
cat {_KEYS}.pub
sudo systemctl restart ssh
"""
_AS_IT_WAS = "sudo cp -a /root/ssh /etc; sudo cp -a /root/machine-id /etc"


@pytest.fixture
def reinstalled(stage: Stage) -> Iterator[list[str]]:
    """The new host key of a machine, once a test has put it there; it is as before in the end."""
    known_hosts = stage.lab.folder / "known_hosts"
    before = known_hosts.read_text()
    keys: list[str] = []
    yield keys
    _trust(stage.lab, keys[0])
    stage.lab.ssh(_NODE, _AS_IT_WAS)
    stage.lab.ssh(_NODE, "sudo systemctl restart ssh")
    known_hosts.write_text(before)


def test_a_new_node_takes_no_work_until_it_is_on_its_config(stage: Stage) -> None:
    stage.kubectl("taint", "node", _NODE, _TAINT)
    stage.apply("10-journal-size.yaml")
    with stage.watching("nodes", _NODE, "--output=jsonpath={.spec.taints[*].key} {'\\n'}") as seen:
        stage.controller.start()
        stage.rolled_out()
        stage.eventually(lambda: "taints" not in stage.node(_NODE)["spec"], "it takes work")

    assert names.UNCONFIGURED in seen[0]
    assert stage.sudo(_NODE, "cat", _DROP_IN)
    assert stage.annotation(_NODE, "currentConfig") == stage.target()


def test_a_machine_that_was_installed_anew_is_reported_and_once_it_is_trusted_is_a_new_node(
    stage: Stage, reinstalled: list[str]
) -> None:
    stage.apply("10-journal-size.yaml")
    stage.controller.start()
    stage.rolled_out()
    boots = stage.boots()
    reinstalled.append(stage.lab.ssh(_NODE, _INSTALL_ANEW))

    _ask_for_a_check(stage, "one")
    [condition] = stage.progress(_NODE)["conditions"]
    assert (condition["type"], condition["status"]) == (names.DRIFTED, "Unknown")
    assert "Host key verification failed" in condition["message"]
    assert "known_hosts" in condition["message"]
    assert stage.annotation(_NODE, "state") == "Done"

    _trust(stage.lab, reinstalled[0])
    _ask_for_a_check(stage, "two")
    stage.rolled_out()
    stage.eventually(lambda: stage.sudo(_NODE, "cat", _DROP_IN), "it is on its config again")

    events = stage.lab.kubectl("get", "events", "--output=jsonpath={.items[*].reason}").stdout
    assert "Reinstalled" in events
    assert stage.boots() == boots


def _ask_for_a_check(stage: Stage, word: str) -> None:
    stage.kubectl("annotate", "--overwrite", "node", _NODE, f"{names.CHECK}={word}")
    stage.eventually(
        lambda: stage.progress(_NODE)["answered"]["check"] == word, "the check is answered"
    )


def _trust(lab: Lab, key: str) -> None:
    """Put the node's host key where the controller and the administrator look it up."""
    known_hosts = lab.folder / "known_hosts"
    others = [line for line in known_hosts.read_text().splitlines() if not line.startswith(_NODE)]
    kind, value = key.split()[:2]
    known_hosts.write_text("\n".join([*others, f"{_NODE} {kind} {value}", ""]))
