"""A lost record loses no original, and a lost original leaves its node a way forward."""

import json

from tests.demo.stage import Stage
from tests.machines.configs import file, ignition, worker_config
from tests.machines.kubectl_mc import kubectl_mc

_PATH = "/etc/taken-over"
_FOLDER = "/var/lib/machine-config"
_RECORD = f"{_FOLDER}/record.json"
_CONFIG = worker_config("60-taken-over", ignition(file(_PATH, "ours\n")))


def test_lost_records_and_originals_have_a_way_forward_by_kubectl(stage: Stage) -> None:
    for node in "w-1", "w-2", "w-3":
        stage.lab.ssh(node, f"echo theirs | sudo tee {_PATH}")
    stage.controller.start()
    stage.kubectl("apply", "--filename=-", stdin=json.dumps(_CONFIG))
    stage.rolled_out()
    stage.lab.ssh("w-1", f"sudo rm {_RECORD}")
    stage.lab.ssh("w-2", f"echo '{{}}' | sudo tee {_RECORD}")
    stage.lab.ssh("w-3", f"sudo find {_FOLDER}/originals -type f ! -name index.json -delete")

    # A lost record is drift, and is written anew when the node is recovered.
    assert f"{_RECORD} (missing)" in kubectl_mc(stage.lab, "check", "w-1").stdout
    assert f"{_RECORD} (damaged)" in kubectl_mc(stage.lab, "check", "w-2").stdout
    recovered = kubectl_mc(stage.lab, "recover", "w-1", "w-2", "--yes", "--wait")
    assert recovered.returncode == 0, recovered.stdout

    with_it = stage.target()
    stage.kubectl("delete", "machineconfig", "60-taken-over")
    stage.rolled_out(beyond=with_it)
    assert stage.sudo("w-1", "cat", _PATH) == "theirs\n"
    assert stage.sudo("w-2", "cat", _PATH) == "theirs\n"

    # The path whose original is lost stays as it is, until its loss is accepted.
    [left] = stage.progress("w-3")["unreturned"]
    assert left["name"] == _PATH
    assert "its original is lost" in left["cause"]
    assert "kubectl mc recover" in left["remedy"]
    assert stage.progress("w-3")["state"] == "Done"
    accepted = kubectl_mc(stage.lab, "recover", "w-3", "--yes", "--wait")
    assert accepted.returncode == 0, accepted.stdout
    assert stage.progress("w-3").get("unreturned", []) == []
    assert stage.sudo("w-3", "cat", _PATH) == "ours\n"
