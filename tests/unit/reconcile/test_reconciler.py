"""What a pass reports once, and what it writes again after a failure."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import prometheus_client
import pytest
from kubernetes.client.exceptions import ApiException

from controller.api.json_object import Json
from controller.cluster.api_server import ApiServer
from controller.cluster.lease import Lease
from controller.cluster.live_cluster import LiveCluster
from controller.execution.protocol import Request, Run
from controller.execution.shortage import ShortageError
from controller.planning.plan import plan
from controller.reconcile.concurrent_writes import ConcurrentWrites
from controller.reconcile.ports import Ports
from controller.reconcile.reconciler import Reconciler
from controller.reconcile.render_cache import RenderCache
from controller.runs.checks import Checks
from controller.runs.updates import Updates
from controller.settings import Settings
from tests.unit.cluster.test_malformed_objects import Objects, put

REFUSED = ApiException(status=500, reason="etcd has no leader")


class Cluster(Objects):
    """An API server without nodes, which remembers what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.lists["nodes"], self.lists["machineconfignodes"] = [], []
        self.refuses: Callable[[str], bool] = lambda _: False
        self.patched: list[str] = []
        self.events: list[str] = []

    def create(self, path: str, body: Json, **query: str) -> Json:
        del query
        if path.endswith("/events"):
            self.events.append(body["reason"])
        return body

    def patch(self, path: str, body: Json) -> Json:
        if self.refuses(path):
            raise REFUSED
        self.patched.append(path)
        return body


class Held(Lease):
    """A Lease that is never lost."""

    def __init__(self, server: ApiServer) -> None:
        super().__init__(server, 60, lambda: None)

    def held(self) -> bool:
        return True


class Idle:
    """An executor for passes that start no run."""

    def start(self, request: Request) -> Run:
        raise AssertionError(request)


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def reconciler(cluster: Cluster) -> Reconciler:
    settings, executor = Settings(), Idle()
    updates, checks = Updates(executor, settings), Checks(executor, settings)
    clock = partial(datetime.now, UTC)
    ports = Ports(LiveCluster(cluster), Held(cluster), clock, ConcurrentWrites(), lambda: None)
    return Reconciler(ports, updates, checks, settings, partial(plan, renderer=RenderCache()))


def test_conditions_of_an_invalid_pool_are_written_until_that_succeeds_and_once(
    cluster: Cluster, reconciler: Reconciler
) -> None:
    def written() -> int:
        return len([path for path in cluster.patched if "/bad/" in path])

    cluster.add("MachineConfigPool", put("spec", value="text"))
    cluster.refuses = lambda path: "/bad/" in path
    reconciler.run_pass()
    assert written() == 0

    cluster.refuses = lambda _: False
    reconciler.run_pass()
    assert written() == 1

    reconciler.run_pass()
    assert written() == 1


def test_a_notice_about_a_node_is_not_repeated_after_the_nodes_could_not_be_listed(
    cluster: Cluster, reconciler: Reconciler
) -> None:
    cluster.lists["nodes"] = [{"metadata": {"name": "bad"}, "status": {"addresses": 7}}]
    seen = cluster.lists["nodes"]

    for nodes in (seen, REFUSED, seen):
        cluster.lists["nodes"] = nodes
        reconciler.run_pass()

    assert cluster.events.count("Unreadable") == 1


def test_a_notice_is_repeated_when_its_cause_was_fixed_and_returns(
    cluster: Cluster, reconciler: Reconciler
) -> None:
    bad: list[Json] = [{"metadata": {"name": "bad"}, "status": {"addresses": 7}}]

    for nodes in (bad, [], bad):
        cluster.lists["nodes"] = nodes
        reconciler.run_pass()

    assert cluster.events.count("Unreadable") == 2


def test_a_pass_for_which_no_thread_can_be_started_is_reported_as_a_shortage(
    cluster: Cluster, reconciler: Reconciler, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = threading.Thread.start

    def start_others(thread: threading.Thread) -> None:
        if thread.name.startswith("write"):
            raise RuntimeError("can't start new thread")
        start(thread)

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start_others)
        for _ in range(2):
            with pytest.raises(ShortageError):
                reconciler.run_pass()
    short = prometheus_client.REGISTRY.get_sample_value("machineconfig_controller_shortage")
    reconciler.run_pass()

    assert short == 1
    assert cluster.events.count("ControllerShortage") == 1
