"""Nodes that flood, forge answers or hang are reported; the rollout of the others continues."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.demo.stage import Stage
from tests.machines.configs import file, ignition

# Printed as it is, this would clear a terminal's screen and reverse the following text.
_LIE = {"failed": True, "cause": "\x1b[2J\u202egood is all\n", "remedy": "\x07" + "x" * 100_000}
_PYTHONS = {
    "w-1": "exec yes hostile",
    "w-2": f"cat > /dev/null; echo '{json.dumps(_LIE)}'".replace("\\", "\\\\"),
}
_IMPATIENT = {"MACHINECONFIG_FAILURE_RETRY": "1", "MACHINECONFIG_RESYNC_INTERVAL": "2"}


def test_the_rollout_continues_beside_misbehaving_nodes_and_after_a_kill_of_the_controller(
    stage: Stage,
) -> None:
    stage.controller.start(**_IMPATIENT)
    stage.rolled_out()
    stage.kubectl("patch", "mcp", "worker", "--type=merge", '--patch={"spec":{"maxUnavailable":3}}')
    before = stage.target()

    with _misbehaving(stage):
        config = ignition(file("/etc/hostile-beside", "yes\n", mode=0o600))
        stage.kubectl("create", "--filename=-", stdin=json.dumps(_manifest(config)))
        stage.eventually(lambda: _is_done(stage, "w-3", before), "w-3 is updated")
        stage.eventually(lambda: "MiB" in stage.annotation("w-1", "reason"), "w-1 is reported")
        stage.eventually(lambda: "all" in stage.annotation("w-2", "reason"), "w-2 is reported")
        flooded, lied = (stage.annotation(node, "reason") for node in ("w-1", "w-2"))
        stage.eventually(lambda: _ssh_to(stage, "w-1"), "w-1 is retried")
        stage.controller.kill()
        stage.eventually(lambda: not _processes(stage), "all of the controller's runs have ended")
        kept = [each for each in _state(stage).rglob("*") if "hostile-beside" in _text(each)]

    assert flooded.startswith("Preflight: the node has answered more than 8 MiB (")
    assert lied.startswith(r"Preflight failed: \x1b[2J\u202egood is all (\x07xxx")
    assert len(lied) <= 1024
    assert kept == []
    stage.controller.start(**_IMPATIENT)
    stage.rolled_out(beyond=before)


@contextmanager
def _misbehaving(stage: Stage) -> Iterator[None]:
    for node, script in _PYTHONS.items():
        stage.lab.ssh(node, "sudo mv /usr/bin/python3 /usr/bin/python3.true")
        program = f"#!/bin/sh\n{script}\n"
        stage.lab.ssh(
            node, "sudo tee /usr/bin/python3; sudo chmod +x /usr/bin/python3", stdin=program
        )
    try:
        yield
    finally:
        for node in _PYTHONS:
            stage.lab.ssh(node, "sudo mv /usr/bin/python3.true /usr/bin/python3")


def _manifest(config: object) -> dict[str, object]:
    labels = {"machineconfiguration.alauda.io/role": "worker"}
    return {
        "apiVersion": "machineconfiguration.alauda.io/v1alpha1",
        "kind": "MachineConfig",
        "metadata": {"name": "60-hostile", "labels": labels},
        "spec": {"config": config},
    }


def _is_done(stage: Stage, node: str, before: str) -> bool:
    on = stage.annotation(node, "currentConfig")
    return stage.annotation(node, "state") == "Done" and on not in {"", before}


def _state(stage: Stage) -> Path:
    return stage.lab.folder / "controller"


def _processes(stage: Stage) -> list[int]:
    """Return the processes of the controller's runs, wherever they are."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        except OSError:
            continue
        if os.fsencode(f"{_state(stage)}/") in words:
            found.append(int(process.name))
    return found


def _ssh_to(stage: Stage, node: str) -> bool:
    commands = (Path(f"/proc/{each}/cmdline") for each in _processes(stage))
    return any(f"HostKeyAlias={node}\0" in _text(each) for each in commands)


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode(errors="replace")
    except OSError:
        return ""
