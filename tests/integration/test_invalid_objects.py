"""An invalid object, or a list that fails, affects nothing else."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from kubernetes.client.exceptions import ApiException

from controller.api.json_object import Json
from controller.api.names import ROLE_LABEL
from controller.cluster.api_server import API_PATH, PAGE, ApiServer
from tests import conftest
from tests.integration.cluster import Cluster

_MACHINE_CONFIGS = f"{API_PATH}/machineconfigs"
# Python would have to recurse this deep to read or write it.
_LEVELS = 3_000
_MOST_WATCHES = 5


class _Blind(ApiServer):
    """An API server that fails to list some kinds."""

    def __init__(self, kubeconfig: Path, *plurals: str) -> None:
        super().__init__(kubeconfig)
        self.plurals = plurals

    def items(self, path: str, page: int = PAGE, **selection: str) -> Iterator[Json]:
        if path.endswith(self.plurals):
            raise ApiException(status=500, reason="etcd has no leader")
        return super().items(path, page, **selection)


@pytest.mark.parametrize("cluster", [("w-1",)], indirect=True, ids=[""])
def test_a_machine_config_that_is_nested_too_deeply_is_reported_and_blocks_nothing_else(
    cluster: Cluster, api_server: conftest.ApiServer, tmp_path: Path
) -> None:
    cluster.roll_out(cluster.controller())
    controller = cluster.controller()
    before = cluster.target()
    _nest(api_server, tmp_path, "90-deep", "nobody")
    cluster.configure("beside")

    cluster.roll_out(controller, beyond=before)
    assert "NotSelected" in cluster.events("90-deep", "MachineConfig")

    before = cluster.target()
    _nest(api_server, tmp_path, "91-deep", "worker")
    cluster.configure("later")
    controller.run_pass()

    assert cluster.target() == before
    assert cluster.pool()["RenderDegraded"] == "True"
    assert "91-deep: spec.config: is nested more than" in cluster.message("RenderDegraded")
    assert cluster.pool("master")["RenderDegraded"] == "False"

    api_server.kubectl("delete", "mc", "91-deep")
    cluster.roll_out(controller, beyond=before)


@pytest.mark.parametrize("cluster", [()], indirect=True, ids=[""])
def test_an_object_that_python_cannot_read_does_not_stop_the_watch(
    cluster: Cluster, api_server: conftest.ApiServer, tmp_path: Path
) -> None:
    controller, watched = api_server.controller(), _watches(api_server)
    # No pass runs by its interval.
    hours = {"MACHINECONFIG_RESYNC_INTERVAL": "7200", "MACHINECONFIG_CHECK_INTERVAL": "7200"}
    controller.start(**hours)
    try:
        before = cluster.wait_for_target_beyond("None")
        _nest(api_server, tmp_path, "90-deep", "nobody")
        cluster.configure("heard")
        cluster.wait_for_target_beyond(before)
    finally:
        assert controller.stop() == 0
    assert _watches(api_server) - watched < _MOST_WATCHES, "it listens, and does not ask again"


@pytest.mark.parametrize("plural", ["nodes", "machineconfignodes", "machineconfigurations", "pods"])
def test_a_list_that_fails_stops_no_pool_from_being_rendered(cluster: Cluster, plural: str) -> None:
    cluster.roll_out(cluster.controller())
    server = _Blind(cluster.kubeconfig, plural)
    controller = cluster.controller(server)
    before = cluster.target()
    cluster.configure("unseen")

    controller.run_pass()
    assert cluster.target() != before
    if plural != "pods":
        assert not cluster.machines.are_moving, "unread nodes are not changed"

    server.plurals = ("nothing",)
    cluster.roll_out(controller, beyond=before)


def _watches(api_server: conftest.ApiServer) -> float:
    """Return how many watches of the MachineConfigs have ended."""
    counted = api_server.kubectl("get", "--raw", "/metrics").stdout.splitlines()
    of_all = (line for line in counted if line.startswith("apiserver_request_total"))
    ended = (line for line in of_all if 'resource="machineconfigs"' in line and "WATCH" in line)
    return sum(float(line.rpartition(" ")[2]) for line in ended)


def _nest(api_server: conftest.ApiServer, folder: Path, name: str, role: str) -> None:
    """Create a MachineConfig that the API server accepts, nested too deeply for Python."""
    metadata = json.dumps({"name": name, "labels": {ROLE_LABEL: role}})
    deep = '{"a":' * _LEVELS + "1" + "}" * _LEVELS
    config = f'{{"ignition": {{"version": "3.4.0"}}, "unknown": {deep}}}'
    kind = '"apiVersion": "machineconfiguration.alauda.io/v1alpha1", "kind": "MachineConfig"'
    file = folder / f"{name}.json"
    file.write_text(f'{{{kind}, "metadata": {metadata}, "spec": {{"config": {config}}}}}')
    done = api_server.kubectl("create", "--raw", _MACHINE_CONFIGS, "-f", str(file))
    assert done.returncode == 0, done.stderr
