"""Many nodes on a real API server, and the controller in a process of its own."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from controller.api import names
from controller.api.json_object import Json
from controller.cluster.api_server import API_PATH, ApiServer
from controller.cluster.defaults import create_missing
from tests.bench.metered import Reading
from tests.bench.nodes import kubelets, make_nodes
from tests.lab import Lab, LabError
from tests.unit.rendering.build import files, machine_config

_MODULE = "tests.bench.metered"
_POOL = f"{API_PATH}/{names.MACHINE_CONFIG_POOLS}/{names.WORKER}"
_MAX_UNAVAILABLE = "10%"
_PATIENCE = 1800.0
_PAUSE = 0.5


class Fleet:
    """Workers, a tenth of which may be unavailable; all of them run one config at first."""

    def __init__(self, lab: Lab, count: int) -> None:
        """Create the nodes; the lab has none yet."""
        self.count = count
        self.server = ApiServer(lab.kubeconfig)
        self._lab = lab
        lab.install()
        create_missing(self.server)
        self.server.patch(_POOL, {"spec": {"maxUnavailable": _MAX_UNAVAILABLE}})
        with Controller(lab):
            self._wait(lambda pool: bool(_target(pool)))
        make_nodes(lab, count, _target(self._pool()))

    @classmethod
    @contextmanager
    def of(cls, count: int) -> Iterator[Self]:
        """Yield a fleet on a lab of its own."""
        with (
            tempfile.TemporaryDirectory(prefix="bench-") as folder,
            Lab(Path(folder) / "lab", workers=None) as lab,
            kubelets(lab),
        ):
            yield cls(lab, count)

    def controller(self) -> "Controller":
        """Return a controller that is not started yet."""
        return Controller(self._lab)

    def configure(self, contents: str) -> None:
        """Apply a MachineConfig for the workers, and wait until it is the target."""
        before = _target(self._pool())
        file = {"path": "/etc/motd", "contents": {"source": f"data:,{contents}"}}
        body = machine_config(f"50-{contents}", **files(file)).to_api()
        self.server.create(f"{API_PATH}/{names.MACHINE_CONFIGS}", body)
        self._wait(lambda pool: _target(pool) != before and _updated(pool) < self.count)

    def wait_until_updated(self, share: float = 1) -> None:
        """Wait until this share of the nodes runs the target."""
        self._wait(lambda pool: _updated(pool) >= self.count * share)

    def processor_of_servers(self) -> float:
        """Return the processor seconds of the API server and etcd."""
        return sum(map(self._processor, ("kube-apiserver", "etcd")))

    def _processor(self, part: str) -> float:
        process = (self._lab.folder / "on" / part).read_text()
        after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        user, system = after_name[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def _wait(self, holds: Callable[[Json], bool]) -> None:
        end = time.monotonic() + _PATIENCE
        while not holds(self._pool()):
            if time.monotonic() > end:
                raise LabError("The rollout does not end", f"Read {self._lab.folder}/logs")
            time.sleep(_PAUSE)

    def _pool(self) -> Json:
        return self.server.get(_POOL)


class Controller:
    """The metered controller."""

    def __init__(self, lab: Lab) -> None:
        settings = {"METRICS_ADDRESS": "127.0.0.1", "METRICS_PORT": "0"}
        self._environment = {
            **os.environ,
            **{f"MACHINECONFIG_{name}": value for name, value in settings.items()},
            "KUBECONFIG": str(lab.controller_kubeconfig),
        }
        self._log = lab.folder / "logs" / "controller.log"
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        """Start it; it ends with this process."""
        command = ["setpriv", "--pdeathsig=KILL", sys.executable, "-m", _MODULE]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        assert self._process
        self._process.terminate()
        self._process.communicate()

    def read(self) -> Reading:
        """Return its cost so far."""
        assert self._process
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise LabError("The controller has ended", f"Read {self._log}")
        return Reading(**json.loads(answer))


def _target(pool: Json) -> str:
    return str(pool["spec"].get("configuration", {}).get("name", ""))


def _updated(pool: Json) -> int:
    return int(pool.get("status", {}).get("updatedMachineCount", 0))
