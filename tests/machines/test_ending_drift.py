"""Drift on real machines, and each way in which an administrator ends it."""

import os
import subprocess
import sys
from pathlib import Path

from controller.api.names import FORCE_FILE
from tests.story.stage import Stage

_COMMAND = str(Path(sys.executable).parent / "kubectl-mc")
_FILE = "/etc/systemd/journald.conf.d/10-size.conf"
_CHANGED = "# by hand"


def mc(stage: Stage, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run `kubectl mc` as the administrator."""
    kubeconfig = {"KUBECONFIG": str(stage.lab.kubeconfig)}
    return subprocess.run(
        [_COMMAND, *words],
        env={**os.environ, **kubeconfig},
        capture_output=True,
        text=True,
        check=False,
    )


def test_each_way_to_end_drift(stage: Stage) -> None:
    stage.apply("10-journal-size.yaml")
    stage.controller.start()
    stage.rolled_out()
    boots = stage.boots()

    _by_hand(stage)
    _by_the_controller(stage)
    _by_a_config_that_adopts_it(stage)
    assert stage.boots() == boots, "none of these needs a reboot"
    _by_the_force_file(stage)
    assert stage.boots() == {**boots, "w-1": boots["w-1"] + 1}


def _drift(stage: Stage) -> None:
    stage.lab.ssh("w-2", f"echo '{_CHANGED}' | sudo tee -a {_FILE}")
    checked = mc(stage, "check", "w-2")
    assert checked.returncode == 1, checked.stderr
    assert f"{_FILE} (content)" in checked.stdout


def _by_hand(stage: Stage) -> None:
    _drift(stage)
    stage.lab.ssh("w-2", f"sudo sed -i '/{_CHANGED}/d' {_FILE}")
    checked = mc(stage, "check", "w-2")
    assert checked.returncode == 0, checked.stdout
    assert stage.annotation("w-2", "state") == "Done"


def _by_the_controller(stage: Stage) -> None:
    _drift(stage)
    shown = mc(stage, "status", "w-2", "--diff", "--ssh-config", str(stage.lab.ssh_config))
    assert f"+{_CHANGED}" in shown.stdout, shown.stderr
    recovered = mc(stage, "recover", "w-2", "--yes", "--wait")
    assert recovered.returncode == 0, recovered.stderr
    assert f"puts right: {_FILE} (content)" in recovered.stdout
    assert _CHANGED not in stage.sudo("w-2", "cat", _FILE)


def _by_a_config_that_adopts_it(stage: Stage) -> None:
    before = stage.target()
    _drift(stage)
    adopted = mc(stage, "adopt", "w-2", _FILE, "--ssh-config", str(stage.lab.ssh_config))
    assert adopted.returncode == 0, adopted.stderr
    stage.kubectl("apply", "--filename=-", stdin=adopted.stdout)
    stage.rolled_out(beyond=before)
    assert _CHANGED in stage.sudo("w-1", "cat", _FILE)
    assert _CHANGED in stage.sudo("w-2", "cat", _FILE)


def _by_the_force_file(stage: Stage) -> None:
    stage.lab.ssh("w-1", f"sudo touch {FORCE_FILE}")
    boots = stage.boots()["w-1"]
    assert mc(stage, "check", "w-1").returncode == 1
    stage.eventually(lambda: stage.boots()["w-1"] == boots + 1, "w-1 reboots")
    stage.rolled_out()
    assert not stage.sudo("w-1", "ls", FORCE_FILE)
