"""A check of several machines in one run, started as the controller starts it."""

from collections.abc import Mapping
from pathlib import Path
from threading import Event

from controller.api.names import ADDRESS
from controller.execution.local import LocalExecutor, LocalRun
from controller.execution.protocol import Connection, Host, Request
from tests.lab import Lab
from tests.machines.configs import Json

_PLAYBOOKS = Path(__file__).parents[2] / "playbooks"


class Checker:
    """Starts checks; only in the main thread."""

    def __init__(self, lab: Lab) -> None:
        """Use the lab's machines with the controller's SSH access."""
        self._lab = lab
        self._moved = Event()
        key, known_hosts = lab.folder / "ssh_key", lab.folder / "known_hosts"
        self._connection = Connection("admin", lab.ssh_port, key, known_hosts)
        self._executor = LocalExecutor(lab.folder / "checks", _PLAYBOOKS, {}, self._moved.set)

    def answers(self, wanted: Mapping[str, Json]) -> dict[str, Json]:
        """Return what each node answers when it is compared with its MachineConfig."""
        hosts = (
            Host(node, self._address(node), config, self._connection)
            for node, config in wanted.items()
        )
        run = self._executor.start(Request("check.yml", tuple(hosts), policy=None, fence=0))
        assert isinstance(run, LocalRun)
        while run.results is None:
            self._moved.wait()
            self._moved.clear()
        assert all(result.findings for result in run.results.values()), run.results
        return {node: run.transcript.answer(node, "check") for node in wanted}

    def _address(self, node: str) -> str:
        path = "{.metadata.annotations." + ADDRESS.replace(".", r"\.") + "}"
        return self._lab.kubectl("get", "node", node, f"--output=jsonpath={path}").stdout
