"""How the controller reads and writes a real API server, without nodes."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime

import pytest
from kubernetes.client.exceptions import ApiException

from controller.api import names
from controller.api.names import API_VERSION, NAMESPACE
from controller.cluster import events
from controller.cluster.api_server import API_PATH, ApiServer
from controller.cluster.defaults import create_missing
from controller.cluster.lease import Lease
from controller.cluster.observation.observer import observe
from controller.cluster.writes import write_node
from controller.planning.node_status import on_done, on_targeted
from tests import conftest
from tests.contract.crds import DEPLOY, install

_SECONDS = 3.0
NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def server(api_server: conftest.ApiServer) -> Iterator[ApiServer]:
    kubectl = install(api_server)
    kubectl("apply", "-k", str(DEPLOY))
    yield ApiServer(api_server.kubeconfig)
    for kind in ("mcp", "mc", "machineconfigurations"):
        kubectl("delete", kind, "--all")


def test_defaults_are_created_once_and_never_overwrite_existing_objects(
    server: ApiServer, api_server: conftest.ApiServer
) -> None:
    create_missing(server)
    api_server.kubectl("delete", "mcp", "worker")
    assert create_missing(server) == ["MachineConfigPool worker"]
    server.patch(f"{API_PATH}/machineconfigpools/worker", {"spec": {"paused": True}})

    assert create_missing(server) == []

    assert server.get(f"{API_PATH}/machineconfigpools/worker")["spec"]["paused"] is True


def test_the_defaults_can_be_read_back_as_the_planners_input(server: ApiServer) -> None:
    create_missing(server)

    seen = observe(server)

    assert {pool.metadata.name for pool in seen.pools} == {"master", "worker"}
    assert {each.metadata.name for each in seen.machine_configs} >= {"00-master", "00-worker"}
    assert seen.configuration is not None


def test_a_nodes_own_annotations_decide_nothing(
    server: ApiServer, api_server: conftest.ApiServer
) -> None:
    boast = {names.STATE: "Done", names.CURRENT_CONFIG: "rendered-master-secret"}
    node = {"metadata": {"name": "boaster", "annotations": boast}}
    server.create("/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", **node})
    try:
        seen = next(each for each in observe(server).nodes if each.name == "boaster")
        assert (seen.status.state, seen.status.current_config) == (None, "")

        aimed = on_targeted(seen.status, "worker", "rendered-worker-1", NOW)
        write_node(server, seen, on_done(aimed, "", NOW))
        server.patch("/api/v1/nodes/boaster", {"metadata": {"annotations": boast}})

        seen = next(each for each in observe(server).nodes if each.name == "boaster")
        assert seen.status.current_config == "rendered-worker-1"
        assert not seen.mirrored, "so that the next pass writes it again"
    finally:
        api_server.kubectl("delete", "node/boaster", "mcn/boaster")


def test_of_two_controllers_one_leads_and_the_other_follows_at_once_when_it_stops(
    server: ApiServer,
) -> None:
    first, second = (Lease(server, _SECONDS, _nothing) for _ in range(2))
    following = ExitStack()
    with first:
        assert first.held()
        following.enter_context(second)
        assert not second.held()
    _eventually(second.held)
    assert not first.held()
    assert second.transitions > first.transitions, "the runs of the two can be told apart"
    following.close()


def test_a_dead_controller_is_followed_after_its_lease_has_expired(server: ApiServer) -> None:
    dead = Lease(server, _SECONDS, _nothing)
    dead._renew()  # noqa: SLF001 - it claims once, and never renews
    assert dead.held()
    with Lease(server, _SECONDS, _nothing) as follower:
        assert not follower.held()
        _eventually(follower.held)
        assert not dead.held(), "at no moment do both lead"


def test_a_wrong_clock_neither_takes_nor_keeps_a_lease(server: ApiServer) -> None:
    path = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/machine-config-controller"
    with Lease(server, _SECONDS, _nothing) as before:
        _eventually(before.held)
    server.patch(path, {"spec": {"holderIdentity": "of another clock"}})
    with Lease(server, _SECONDS, _nothing) as follower:
        for renewal in range(2 * round(_SECONDS)):
            year = 2099 if renewal % 2 else 1999
            server.patch(path, {"spec": {"renewTime": f"{year}-01-01T00:00:{renewal:02}.000000Z"}})
            time.sleep(1)
            assert not follower.held()
        _eventually(follower.held)


@pytest.mark.parametrize("below", ["the Lease is deleted", "its number is set back"])
def test_the_number_of_a_leader_never_decreases_while_its_process_lives(
    server: ApiServer, below: str
) -> None:
    path = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/machine-config-controller"
    with Lease(server, _SECONDS, _nothing) as before:
        _eventually(before.held)
    with Lease(server, _SECONDS, _nothing) as lease:
        _eventually(lease.held)
        number = lease.transitions
        assert number > 1
        if below == "the Lease is deleted":
            server.delete(path, None)
        else:
            server.patch(path, {"spec": {"leaseTransitions": 0}})

        _eventually(lambda: _transitions(server, path) >= number)

        assert lease.transitions >= number
        assert lease.held()


@pytest.mark.parametrize("another_leads", [True, False], ids=["another leads", "none leads"])
def test_a_leader_knows_whether_another_led_since_it_has_stepped_down(
    server: ApiServer, *, another_leads: bool
) -> None:
    with Lease(server, 1, _nothing) as lease, ExitStack() as others:
        _eventually(lease.held)
        other = Lease(server, 1, _nothing)
        lease.step_down()
        assert not lease.held()
        if another_leads:
            others.enter_context(other)
            _eventually(other.held)
            others.close()
        _eventually(lease.held)

        assert lease.stepped_down_in_vain is not another_leads


def test_an_event_is_found_by_describing_its_node(
    server: ApiServer, api_server: conftest.ApiServer
) -> None:
    posting = events.Events(server)
    posting.emit(events.node("worker-9"), "Normal", "Reboot", "in phase Reboot")
    posting.wait(30)
    posting.close()

    selector = "--field-selector=involvedObject.kind=Node,involvedObject.name=worker-9"
    found = json.loads(api_server.kubectl("get", "events", selector, "-ojson").stdout)["items"]

    assert [(each["reason"], each["message"]) for each in found] == [("Reboot", "in phase Reboot")]


def test_a_list_longer_than_a_page_is_read_completely(server: ApiServer) -> None:
    for number in range(3):
        document = {
            "apiVersion": API_VERSION,
            "kind": "MachineConfig",
            "metadata": {"name": f"70-page-{number}"},
        }
        server.create(f"{API_PATH}/machineconfigs", document)

    found = {
        each["metadata"]["name"] for each in server.items(f"{API_PATH}/machineconfigs", page=1)
    }

    assert found >= {"70-page-0", "70-page-1", "70-page-2"}


def _transitions(server: ApiServer, path: str) -> int:
    """Return the number in the Lease, 0 while there is none."""
    with suppress(ApiException):
        return int(server.get(path)["spec"]["leaseTransitions"])
    return 0


def _nothing() -> None:
    pass


def _eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + _SECONDS * 5
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
