"""How long the update of a node takes, with a drain and a reboot: by this product and a script."""

import os
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from controller.api.names import ADDRESS
from controller.execution.local import LocalExecutor
from controller.execution.protocol import Connection, Host, Request, Result
from tests.bench import floor
from tests.bench.configs import config, file
from tests.bench.measuring import Job, Measurement, fastest
from tests.lab import Lab
from tests.lab.controller import environment
from tests.unit.rendering.build import machine_config

_NODE = "w-1"
_ROUNDS = 3
_MOST_LAUNCHES = 2
_PLAYBOOKS = Path(__file__).parents[2] / "playbooks"
_UNIT = "[Service]\nType=oneshot\nExecStart=/bin/echo {}\n[Install]\nWantedBy=multi-user.target\n"


def measurements(lab: Lab) -> Iterator[Measurement]:
    """Measure both in turn, on a node that runs pods."""
    lab.install()
    lab.kubectl("create", "deployment", "web", "--image=web", "--replicas=3")
    update, bare = Update(lab), partial(_update_bare, lab)
    ready = partial(_wait_until_all_runs, lab)
    taken = fastest({"update": Job(update, ready), "bare": Job(bare, ready)}, _ROUNDS)
    yield Measurement("update.yml", taken["update"], "a shell script", taken["bare"], bound=2.5)
    each = update.launches / _ROUNDS
    yield Measurement("launches of Ansible", each, "update", 1, bound=_MOST_LAUNCHES, unit="")


class Update:
    """A change of a file and a unit, applied to the node as the controller does it."""

    def __init__(self, lab: Lab) -> None:
        self.launches = 0
        self._moved = threading.Event()
        self._address = _address(lab)
        # The process's children are reparented to it, as in the controller.
        os.environ.update(environment(lab))
        key, known_hosts = lab.folder / "ssh_key", lab.folder / "known_hosts"
        self._connection = Connection("admin", lab.ssh_port, key, known_hosts)
        self._executor = LocalExecutor(lab.folder / "runs", _PLAYBOOKS, {}, self._moved.set)

    def __call__(self) -> None:
        """Launch it until it succeeds; a run that waits or was interrupted is repeated."""
        request = self._request(_new_text())
        while not (result := self._launch(request)).succeeded:
            if not result.transient:
                raise RuntimeError(f"{result.phase}: {result.cause}")

    def _request(self, text: str) -> Request:
        unit = {"name": "ours.service", "enabled": True, "contents": text}
        changed = config(file("/etc/ours.conf", _data(text))) | {"systemd": {"units": [unit]}}
        sections = {key: changed[key] for key in ("storage", "systemd")}
        rendered = machine_config("rendered-worker-bench", **sections).to_api()
        host = Host(_NODE, self._address, rendered, self._connection)
        return Request("update.yml", (host,), policy=None, fence=0)

    def _launch(self, request: Request) -> Result:
        self.launches += 1
        run = self._executor.start(request)
        while run.results is None:
            self._moved.wait()
            self._moved.clear()
        return run.results[_NODE]


def _update_bare(lab: Lab) -> None:
    data = _data(_new_text())
    changed = config(file("/etc/bare.conf", data), file("/etc/systemd/system/bare.service", data))
    floor.run(lab, "update.sh", _NODE, floor.archive(changed, lab.folder / "bare.tar"))


def _wait_until_all_runs(lab: Lab) -> None:
    lab.machine(_NODE).wait_ready()
    lab.kubectl("rollout", "status", "deployment/web", "--timeout=120s")


def _address(lab: Lab) -> str:
    path = "{.metadata.annotations." + ADDRESS.replace(".", r"\.") + "}"
    return lab.kubectl("get", "node", _NODE, f"--output=jsonpath={path}").stdout


def _new_text() -> str:
    return _UNIT.format(uuid4())


def _data(text: str) -> str:
    return f"data:,{quote(text)}"
