"""`kubectl mc adopt` on a real machine with its own sshd, sudo, Python and systemd."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from controller.cluster.api_server import ApiServer
from controller.cluster.defaults import create_missing
from controller.rendering.contents import decode
from tests.lab import Lab
from tests.machines.clean_lab import forget_configs

COMMAND = str(Path(sys.executable).parent / "kubectl-mc")
TEXT = "[Service]\nExecStart=/bin/true\n\n[Install]\nWantedBy=multi-user.target\n"
DROPIN = "[Service]\nNice=5\n"
STRANGE = '/etc/app/it\'s $(touch HACKED) "now"'
_PREPARE = f"""
mkdir -p /etc/app /etc/systemd/system/hello.service.d
printf 'mine\\000\\377' > '/etc/app/it'"'"'s $(touch HACKED) "now"'
chmod 0640 /etc/app/it*; chown 1:2 /etc/app/it*
printf '%s' '{TEXT}' > /etc/systemd/system/hello.service
printf '%s' '{DROPIN}' > /etc/systemd/system/hello.service.d/nice.conf
ln -s /opt /etc/away
systemctl --quiet enable hello.service
systemctl --quiet mask getty.target
"""
_CLEAN = """
systemctl --quiet unmask getty.target
systemctl --quiet disable hello.service
rm -rf /etc/app /etc/away /etc/systemd/system/hello.service*
"""


@pytest.fixture
def node(lab: Lab) -> Iterator[str]:
    """A worker with manual changes."""
    lab.install()
    forget_configs(lab)
    create_missing(ApiServer(lab.kubeconfig))
    lab.ssh("w-1", "sudo", "sh", "-s", stdin=_PREPARE)
    yield "w-1"
    lab.ssh("w-1", "sudo", "sh", "-s", stdin=_CLEAN)
    forget_configs(lab)


def adopt(lab: Lab, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [COMMAND, "adopt", *words, "--ssh-config", str(lab.ssh_config)],
        env={**os.environ, "KUBECONFIG": str(lab.kubeconfig)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_adopt_reads_a_machine_over_ssh_as_the_controller_finds_it(lab: Lab, node: str) -> None:
    found = adopt(lab, node, STRANGE, "hello.service", "getty.target")

    assert found.returncode == 0, found.stderr
    config = yaml.safe_load(found.stdout)["spec"]["config"]
    [file] = config["storage"]["files"]
    assert decode(file["contents"]) == b"mine\x00\xff"
    assert (file["path"], file["mode"]) == (STRANGE, 0o640)
    assert (file["user"], file["group"]) == ({"id": 1}, {"id": 2})
    hello, getty = config["systemd"]["units"]
    assert hello == {
        "name": "hello.service",
        "enabled": True,
        "contents": TEXT,
        "dropins": [{"name": "nice.conf", "contents": DROPIN}],
    }
    assert getty == {"name": "getty.target", "mask": True}
    assert "HACKED" not in lab.ssh(node, "ls", "-a", "/", "/root", "~", check=False)


def test_adopt_reports_paths_that_are_not_files(lab: Lab, node: str) -> None:
    away = adopt(lab, node, "/etc/away/file")
    gone = adopt(lab, node, "/etc/app/nothing")
    strangers = adopt(lab, node, "/etc/app/nothing", "--ssh-user", "stranger")

    assert [each.returncode for each in (away, gone, strangers)] == [1, 1, 2]
    assert "/etc/app/nothing does not exist on w-1" in gone.stderr
    assert "w-1 could not be read over SSH: stranger@" in strangers.stderr
    assert "Permission denied" in strangers.stderr
