"""What the controller reports when it cannot work, and that it recovers."""

import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from socket import socket
from urllib.error import HTTPError

import pytest

from tests import conftest
from tests.contract.crds import CRDS
from tests.integration.cluster import Cluster
from tests.lab.controller import Controller

_PATIENCE = 60.0  # seconds
_KINDS_MISSING = "the kinds of machineconfiguration.alauda.io are not installed"
_INSTALL = "install them: kubectl apply --server-side -f crds/"


@pytest.mark.parametrize("cluster", [()], indirect=True, ids=[""])
def test_without_its_kinds_the_controller_reports_it_and_resumes_once_they_are_back(
    cluster: Cluster, api_server: conftest.ApiServer
) -> None:
    controller, port = api_server.controller(), _free_port()
    controller.log.unlink(missing_ok=True)
    controller.start(MACHINECONFIG_METRICS_PORT=str(port))
    try:
        before = cluster.wait_for_target_beyond("None")
        assert _health(port) == (200, "200 OK\n")

        api_server.kubectl("delete", "-f", str(CRDS))
        _eventually(lambda: _health(port) == (503, f"{_KINDS_MISSING} ({_INSTALL})\n"))

        api_server.install()
        _eventually(lambda: _health(port)[0] == 200)
        cluster.configure("again")
        cluster.wait_for_target_beyond(before)
    finally:
        assert controller.stop() == 0
    assert all(map(_is_json, controller.log.read_text().splitlines())), "one form, no tracebacks"


def test_a_cluster_without_the_kinds_is_refused_with_the_remedy(
    api_server: conftest.ApiServer,
) -> None:
    kubeconfig = api_server.install()
    api_server.kubectl("delete", "-f", str(CRDS))
    try:
        ended = _last_log_line(api_server.controller(), KUBECONFIG=str(kubeconfig))
    finally:
        api_server.install()

    assert (ended["reason"], ended["remedy"]) == (_KINDS_MISSING, _INSTALL)


def test_an_invalid_token_is_reported_with_the_remedy(
    api_server: conftest.ApiServer, tmp_path: Path
) -> None:
    known = json.loads(api_server.install().read_text())
    known["users"][0]["user"] = {"token": "nonsense"}
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(json.dumps(known))

    ended = _last_log_line(api_server.controller(), KUBECONFIG=str(kubeconfig))

    assert ended["reason"] == (
        "the API server does not accept the controller's credentials: Unauthorized"
    )
    assert ended["remedy"] == "set KUBECONFIG to a kubeconfig with a valid token"


def _last_log_line(controller: Controller, **settings: str) -> dict[str, str]:
    """Return the last log line of a controller that cannot start."""
    controller.log.unlink(missing_ok=True)
    controller.start(**settings)
    assert controller.wait() == 1
    last: dict[str, str] = json.loads(controller.log.read_text().splitlines()[-1])
    return last


def _health(port: int) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def _free_port() -> int:
    with socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _is_json(line: str) -> bool:
    return isinstance(json.loads(line), dict)


def _eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)
