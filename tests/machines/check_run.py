"""A check as the controller starts it, over many machines of a lab in one run."""

from collections.abc import Mapping
from pathlib import Path
from threading import Event

from controller.api.names import ADDRESS
from controller.execution.local import LocalExecutor
from controller.execution.protocol import Connection, Host, Request, Result
from tests.lab import Lab
from tests.machines.configs import Json

_PLAYBOOKS = Path(__file__).parents[2] / "playbooks"


class Checker:
    """Starts checks, from the main thread alone."""

    def __init__(self, lab: Lab) -> None:
        """Reach the lab's machines as a controller does."""
        self._lab = lab
        self._moved = Event()
        key, known_hosts = lab.folder / "ssh_key", lab.folder / "known_hosts"
        connection = Connection("admin", lab.ssh_port, key, known_hosts)
        self._executor = LocalExecutor(
            lab.folder / "checks", _PLAYBOOKS, connection, {}, self._moved.set
        )

    def findings(self, wanted: Mapping[str, Json]) -> dict[str, Json]:
        """What each node finds, held against its MachineConfig."""
        return {node: result.findings["check"] for node, result in self.results(wanted).items()}

    def results(self, wanted: Mapping[str, Json]) -> Mapping[str, Result]:
        """How the check of each node ended."""
        hosts = (Host(node, self._address(node), config) for node, config in wanted.items())
        run = self._executor.start(Request("check.yml", tuple(hosts), policy=None, fence=0))
        while run.results is None:
            self._moved.wait()
            self._moved.clear()
        return run.results

    def _address(self, node: str) -> str:
        path = "{.metadata.annotations." + ADDRESS.replace(".", r"\.") + "}"
        return self._lab.kubectl("get", "node", node, f"--output=jsonpath={path}").stdout
