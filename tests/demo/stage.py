"""The stage of the demo: a lab, its controller, and an administrator's view."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kubernetes.client.exceptions import ApiException

from controller.cluster.api_server import API_PATH, NOT_FOUND, ApiServer
from tests.demo.narrator import Narrator
from tests.lab import Lab
from tests.lab.controller import Controller

Json = dict[str, Any]

PREFIX = "machineconfiguration.alauda.io/"
WORKERS = ("w-1", "w-2", "w-3")
_EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
_WEB = Path(__file__).parent / "web.yaml"
_PATIENCE = 240.0


class Stage:
    """The actions and observations of a chapter."""

    def __init__(self, lab: Lab, narrator: Narrator) -> None:
        """Use `lab`, where the product is installed and no controller runs yet."""
        self.lab = lab
        self.controller = Controller(lab)
        self.narrator = narrator
        self._server = ApiServer(lab.kubeconfig)

    def kubectl(self, *words: str, stdin: str | None = None, check: bool = True) -> str:
        """Run and print a command of the administrator."""
        self.narrator.command(words)
        done = self.lab.kubectl(*words, stdin=stdin, check=check)
        self.narrator.output(done.stdout + done.stderr)
        return done.stdout

    def apply(self, *names: str) -> None:
        """Apply manifests of docs/examples in this order."""
        shown = (word for name in names for word in ("-f", f"docs/examples/{name}"))
        self.narrator.command(("apply", *shown))
        files = (word for name in names for word in ("-f", str(_EXAMPLES / name)))
        self.narrator.output(self.lab.kubectl("apply", *files).stdout)

    def start_web(self) -> None:
        """Start an application with a PodDisruptionBudget, with one pod per node."""
        self.narrator.command(("apply", "-f", "tests/demo/web.yaml"))
        self.narrator.output(self.lab.kubectl("apply", "-f", str(_WEB)).stdout)
        self.kubectl("rollout", "status", "deployment/web", "--timeout=60s")

    def node(self, name: str) -> Json:
        """Return a Node."""
        return self._get(f"/api/v1/nodes/{name}")

    def pool(self, name: str = "worker") -> Json:
        """Return a MachineConfigPool; empty if it does not exist."""
        return self._get(f"{API_PATH}/machineconfigpools/{name}")

    def condition(self, kind: str, pool: str = "worker") -> Json:
        """Return a condition of a pool; empty if it does not exist."""
        conditions = self.pool(pool).get("status", {}).get("conditions", [])
        return next((each for each in conditions if each["type"] == kind), {})

    def annotation(self, node: str, name: str) -> str:
        """Return one of the product's annotations of a Node; empty if it does not exist."""
        annotations: dict[str, str] = self.node(node)["metadata"].get("annotations", {})
        return annotations.get(PREFIX + name, "")

    def progress(self, node: str) -> Json:
        """Return the status of a MachineConfigNode; empty if it does not exist."""
        status: Json = self._get(f"{API_PATH}/machineconfignodes/{node}").get("status", {})
        return status

    def target(self, pool: str = "worker") -> str:
        """Return the name of the pool's target."""
        spec = self.pool(pool).get("spec", {})
        name: str = spec.get("configuration", {}).get("name", "")
        return name

    def sudo(self, node: str, *words: str) -> str:
        """Return the output of a command run as root on a node; empty if it fails."""
        return self.lab.ssh(node, "sudo", *words, check=False)

    def boots(self) -> dict[str, int]:
        """Return how often each worker has started, counted outside it."""
        return {node: self.lab.machine(node).boots() for node in WORKERS}

    def eventually(self, holds: Callable[[], object], what: str) -> None:
        """Wait until `holds()` is true, and print regularly that `what` is awaited."""
        end = time.monotonic() + _PATIENCE
        with self.narrator.waiting(f"waiting until {what}") as tell:
            while not holds():
                assert time.monotonic() < end, f"waited {_PATIENCE:.0f} s until {what}"
                tell()
                time.sleep(0.3)

    def rolled_out(self, *, beyond: str = "") -> None:
        """Wait until all workers are Done on a config other than `beyond`."""
        self.eventually(lambda: self.target() != beyond, "the change is rendered")
        target = self.target()
        self.eventually(lambda: self._all_on(target), f"all workers are on {target}")

    def _all_on(self, target: str) -> bool:
        status = self.pool().get("status", {})
        there = status.get("configuration", {}).get("name") == target
        return there and self.condition("Updated").get("status") == "True"

    def _get(self, path: str) -> Json:
        """Return an object without printing, and without starting kubectl."""
        try:
            return self._server.get(path)
        except ApiException as error:
            if error.status != NOT_FOUND:
                raise
            return {}

    @contextmanager
    def watching(
        self, *words: str, tell: Callable[[str], None] = lambda _: None
    ) -> Iterator[list[str]]:
        """Yield the lines that `kubectl get --watch` prints meanwhile; `tell` gets each at once."""
        program = str(self.lab.bin / "kubectl")
        command = [program, f"--kubeconfig={self.lab.kubeconfig}", "get"]
        lines: list[str] = []
        with subprocess.Popen(
            [*command, *words, "--watch"], stdout=subprocess.PIPE, text=True
        ) as process:
            reader = threading.Thread(target=_read, args=(process, lines, tell), daemon=True)
            reader.start()
            try:
                yield lines
            finally:
                process.terminate()
                reader.join()

    @contextmanager
    def showing(self, *words: str) -> Iterator[None]:
        """Show what `kubectl get --watch` prints meanwhile, except repeated lines."""
        self.narrator.command(("get", *words, "--watch"))
        shown: set[str] = set()

        def tell(line: str) -> None:
            without_age = line.rsplit(maxsplit=1)[0]
            if without_age not in shown:
                shown.add(without_age)
                self.narrator.output(line)

        with self.watching(*words, tell=tell):
            yield


def _read(process: "subprocess.Popen[str]", lines: list[str], tell: Callable[[str], None]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        tell(line)
