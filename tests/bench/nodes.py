"""Nodes without machines: kwok plays their kubelets against the real API server.

kwok is built like the lab's programs, from its own Go module, so that only the bench needs it.
"""

import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from controller.api import names
from controller.api.machine_config_node import MachineConfigNodeStatus, NodeState
from controller.cluster.api_server import ApiServer
from controller.cluster.observation.node_parser import ParsedNode
from controller.cluster.observation.observer import observe
from controller.cluster.writes import write_node
from tests.lab import Lab
from tests.lab.binaries import build, go
from tests.lab.cache import cached, key_of
from tests.lab.report import step

_MODULE = Path(__file__).parent / "kwok"
_NAME = "sigs.k8s.io/kwok"
_FLAGS = ("-trimpath", "-ldflags", "-s -w")
_LABELS = {"kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux"}
_AT_ONCE = 4


@contextmanager
def kubelets(lab: Lab) -> Iterator[None]:
    """Let kwok make every Node Ready meanwhile."""
    kwok, stages = _kwok(), lab.folder / "stages.yaml"
    stages.write_text(lab.kubectl("kustomize", str(kwok / "stage" / "fast")).stdout)
    command = [
        *("setpriv", "--pdeathsig=KILL", str(kwok / "kwok")),
        *(f"--kubeconfig={lab.kubeconfig}", f"--config={stages}", "--manage-all-nodes"),
        # The controller does not read the leases that kubelets renew.
        *("--node-lease-duration-seconds=0", "--server-address=127.0.0.1:0"),
    ]
    with (lab.folder / "logs" / "kwok.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def make_nodes(lab: Lab, count: int, config: str) -> None:
    """Create workers that run `config`, and wait until all are Ready."""
    server = ApiServer(lab.kubeconfig)
    status = MachineConfigNodeStatus(
        pool=names.WORKER,
        state=NodeState.DONE,
        current_config=config,
        desired_config=config,
        boot_id="simulated",
    )
    with step(f"making {count} nodes"), ThreadPoolExecutor(_AT_ONCE) as threads:
        made = [f"n-{number:05}" for number in range(count)]
        list(threads.map(partial(_make, server, status), made))
        while not all(node.ready for node in observe(server).nodes):
            time.sleep(1)


def _kwok() -> Path:
    """Return the directory with kwok and the stages of its nodes."""
    sources = [(_MODULE / name).read_bytes() for name in ("go.mod", "go.sum")]
    return cached(f"kwok-{key_of(*sources, *_FLAGS)}", _build)


def _build(folder: Path) -> None:
    build(_MODULE, [*_FLAGS, "tool"], folder, "kwok")
    command = [*go(_MODULE), "list", "-m", "-f", "{{.Dir}}", _NAME]
    source = Path(subprocess.check_output(command, text=True).strip())
    shutil.copytree(source / "kustomize" / "stage", folder / "stage")


def _make(server: ApiServer, status: MachineConfigNodeStatus, name: str) -> None:
    """Create a Node, and the MachineConfigNode that the controller would have created."""
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": _LABELS},
    }
    made = ParsedNode.of(server.create("/api/v1/nodes", node)).with_status(None, ())
    write_node(server, made, status)
