"""`kubectl mc` as a user runs it, with a real kubectl and a real API server."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
import yaml

from controller.api.machine_config_node import Blocker, MachineConfigNodeStatus
from controller.api.names import API_VERSION, LEASE, NAMESPACE, SERVICE_ACCOUNT
from controller.cluster.api_server import API_PATH, ApiServer
from controller.cluster.defaults import create_missing
from controller.cluster.observation.observer import observe
from controller.cluster.writes import write_node
from controller.planning import node_status
from controller.planning.controller_state import ControllerState
from controller.planning.plan import plan
from tests import conftest
from tests.contract.crds import install
from tests.unit.cli.kubectl_mc.manifests import a_file, a_unit, machine_config, pool, write

Done = subprocess.CompletedProcess[str]
Mc = Callable[..., Done]

IN_FORCE = "rendered-worker-0123456789abcdef"


# If another test has installed the admission policy, only the controller writes rendered configs.
AS_THE_CONTROLLER = (
    f"--as=system:serviceaccount:{NAMESPACE}:{SERVICE_ACCOUNT}",
    "--as-group=system:masters",
)


@pytest.fixture(scope="module")
def server(api_server: conftest.ApiServer) -> Iterator[ApiServer]:
    """A cluster whose worker pool has a target, as the controller would have set it."""
    kubectl = install(api_server)
    server = ApiServer(api_server.kubeconfig)
    create_missing(server)
    old = machine_config("50-a", **a_file(source="data:,old%0A", mode=0o644))
    assert kubectl("apply", "-f", "-", stdin=yaml.safe_dump(old)).returncode == 0
    in_force = yaml.safe_dump({**old, "metadata": {"name": IN_FORCE}})
    assert kubectl("create", "-f", "-", *AS_THE_CONTROLLER, stdin=in_force).returncode == 0
    named = {"configuration": {"apiVersion": API_VERSION, "kind": "MachineConfig"}}
    named["configuration"]["name"] = IN_FORCE
    server.patch(f"{API_PATH}/machineconfigpools/worker", {"spec": named})
    yield server
    for kind in ("mcp", "mc", "machineconfigurations"):
        kubectl("delete", kind, "--all")


@pytest.fixture
def environment(
    api_server: conftest.ApiServer, server: ApiServer, led: ApiServer
) -> dict[str, str]:
    """The environment of a shell in which kubectl reaches the cluster and finds the plugin."""
    del server, led
    ours, kubectl = Path(sys.executable).parent, api_server.kubeconfig.parent / "bin"
    path = f"{ours}:{kubectl}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "KUBECONFIG": str(api_server.kubeconfig)}


@pytest.fixture
def mc(environment: dict[str, str], tmp_path: Path) -> Mc:
    """Run `kubectl mc …` in a directory of its own, as the administrator."""

    def run(*words: str, stdin: str = "", first: str = "mc", **variables: str) -> Done:
        return subprocess.run(
            ["kubectl", first, *words],
            env={**environment, **variables},
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_diff_shows_what_kubectl_apply_of_a_file_would_change(mc: Mc, tmp_path: Path) -> None:
    new = machine_config("50-a", **a_file(source="data:,new%0A", mode=0o644))
    write(tmp_path / "new.yaml", new)

    found = mc("diff", "-f", "new.yaml", "--pool", "worker")

    assert found.returncode == 1, "kubectl hands on the exit code"
    assert found.stderr == ""
    header, *lines = found.stdout.splitlines()
    assert header.startswith(f"pool worker: {IN_FORCE} -> rendered-worker-")
    assert lines == [
        "  ~ file /etc/a",
        "    --- /etc/a",
        "    +++ /etc/a",
        "    @@ -1 +1 @@",
        "    -old",
        "    +new",
        "  disruption: none",
        "    None: /etc/a changed",
    ]


def test_diff_is_empty_if_the_cluster_matches_the_file(mc: Mc) -> None:
    same = machine_config("50-a", **a_file(source="data:,old%0A", mode=0o644))

    found = mc("diff", "--pool", "worker", "-f", "-", stdin=yaml.safe_dump(same))

    assert (found.returncode, found.stdout) == (0, "pool worker: no difference\n"), found.stderr


def test_without_a_file_diff_shows_the_changes_that_the_nodes_do_not_have_yet(
    mc: Mc, server: ApiServer, api_server: conftest.ApiServer
) -> None:
    server.create(f"{API_PATH}/machineconfigs", machine_config("60-b", **a_unit()))
    try:
        found = mc("diff", "-o", "json")
    finally:
        api_server.kubectl("delete", "mc", "60-b")

    assert found.returncode == 1, found.stderr
    pools = {each["pool"]: each for each in json.loads(found.stdout)["pools"]}
    [change] = pools["worker"]["changes"]
    assert (change["kind"], change["verb"], change["name"]) == ("unit", "added", "a.service")
    assert pools["worker"]["disruption"]["reasons"] == ["Reboot: a.service changed"]


def test_what_the_file_no_longer_contains_is_removed_as_by_kubectl_apply(
    mc: Mc, api_server: conftest.ApiServer
) -> None:
    without = yaml.safe_dump(machine_config("50-a"))

    found = mc("diff", "--pool", "worker", "-f", "-", stdin=without)
    kubectl = api_server.kubectl("diff", "-f", "-", stdin=without)

    assert "  - file /etc/a" in found.stdout.splitlines()
    assert "storage" in kubectl.stdout, "kubectl shows it too"


def test_cat_render_and_validate_read_the_live_cluster(mc: Mc) -> None:
    shown = mc("cat", "worker", "/etc/a")
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, "old\n", "")

    made = mc("render", "--pool", "worker")
    assert made.returncode == 0, made.stderr
    assert yaml.safe_load(made.stdout)["metadata"]["name"].startswith("rendered-worker-")

    explained = mc("render", "--pool", "worker", "--explain", "-o", "json")
    assert json.loads(explained.stdout)["sources"] == ["00-worker", "50-a"]

    valid = mc("validate")
    assert (valid.returncode, valid.stdout) == (0, "6 objects, no errors, no warnings\n")


def test_kubectl_accepts_what_create_prints(mc: Mc, tmp_path: Path) -> None:
    (tmp_path / "motd").write_text("hello\n")

    made = mc("create", "70-motd", "--role", "worker", "--file", "motd:/etc/motd:0640").stdout

    taken = mc("-f", "-", "--dry-run=server", "-o", "json", first="apply", stdin=made)
    assert taken.returncode == 0, taken.stderr
    assert json.loads(taken.stdout)["spec"]["config"]["storage"]["files"][0]["mode"] == 0o640


def test_an_invalid_object_of_another_pool_blocks_nothing(
    mc: Mc, server: ApiServer, api_server: conftest.ApiServer
) -> None:
    server.create(f"{API_PATH}/machineconfigs", machine_config("60-bad", "master", **a_file("/a")))
    try:
        assert mc("diff", "--pool", "worker").returncode == 0
        hindered, named = mc("diff"), mc("validate")
    finally:
        api_server.kubectl("delete", "mc", "60-bad")

    assert hindered.returncode == 2
    assert "60-bad: spec.config.storage.files.0.path" in hindered.stderr
    assert named.returncode == 1
    assert "cluster: error: MachineConfig 60-bad: spec.config.storage.files.0.path" in named.stdout


def test_it_reads_what_kubectl_reads(
    mc: Mc, api_server: conftest.ApiServer, tmp_path: Path
) -> None:
    config: dict[str, Any] = yaml.safe_load(api_server.kubeconfig.read_text())
    here = config["current-context"]
    nowhere = {"name": "nowhere", "cluster": {"server": "https://127.0.0.1:1"}}
    other = {
        **config,
        "clusters": [nowhere],
        "contexts": [{"name": "nowhere", "context": {"cluster": "nowhere", "user": here}}],
        "current-context": "nowhere",
    }
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text(yaml.safe_dump(other))
    both = f"{elsewhere}:{api_server.kubeconfig}:{tmp_path / 'not-there'}"

    lost = mc("validate", KUBECONFIG=both)
    assert lost.returncode == 2, "the first file's context counts"
    assert "the cluster cannot be read" in lost.stderr
    assert mc("validate", "--context", here, KUBECONFIG=both).returncode == 0
    named = mc("validate", "--kubeconfig", str(api_server.kubeconfig), KUBECONFIG=str(elsewhere))
    assert named.returncode == 0
    unknown = mc("validate", "--context", "nobody")
    assert unknown.returncode == 2
    assert "nobody" in unknown.stderr


def test_a_user_without_access_is_told_which_permission_is_missing(
    mc: Mc, api_server: conftest.ApiServer, tmp_path: Path
) -> None:
    as_nobody = _as_service_account(api_server, "nobody", tmp_path)

    found = mc("validate", KUBECONFIG=as_nobody)
    status = mc("status", KUBECONFIG=as_nobody)

    assert found.returncode == 2
    assert "access denied: machineconfigs" in found.stderr
    assert "ask an administrator for `list`" in found.stderr
    assert status.returncode == 2
    wanted = "ask an administrator for `list` on machineconfigpools, machineconfignodes of "
    assert f"{wanted}machineconfiguration.alauda.io, and on nodes\n" in status.stderr


def _as_service_account(api_server: conftest.ApiServer, name: str, folder: Path) -> str:
    """Create it, and return the option with its kubeconfig."""
    api_server.kubectl("create", "serviceaccount", name)
    config = yaml.safe_load(api_server.kubeconfig.read_text())
    token = api_server.kubectl("create", "token", name).stdout.strip()
    config["users"][0]["user"] = {"token": token}
    (folder / name).write_text(yaml.safe_dump(config))
    return str(folder / name)


def test_kubectl_completes_it(mc: Mc, server: ApiServer, api_server: conftest.ApiServer) -> None:
    def complete(*words: str) -> list[str]:
        found = mc("mc", *words, first="__complete")
        return [each.split("\t")[0] for each in found.stdout.splitlines()]

    assert complete("va") == ["validate", ":4"]
    assert "--show-protected-contents" in complete("diff", "--s")
    server.create(f"{API_PATH}/machineconfigpools", pool("infra"))
    try:
        assert complete("cat", "") == ["master", "worker", "infra", ":4"]
    finally:
        api_server.kubectl("delete", "mcp", "infra")


DRAIN_WAITS = "drain waits: shop/cart-0 (PodDisruptionBudget shop/cart)"


@pytest.fixture
def edge(server: ApiServer, api_server: conftest.ApiServer) -> Iterator[ApiServer]:
    """A pool `edge` of three nodes, of which the oldest waits in a drain."""
    named = {"apiVersion": API_VERSION, "kind": "MachineConfig", "name": IN_FORCE}
    server.create(f"{API_PATH}/machineconfigpools", pool("edge"))
    server.patch(f"{API_PATH}/machineconfigpools/edge", {"spec": {"configuration": named}})
    made = [f"node/e-{number}" for number in (1, 2, 3)]
    for each in made:
        labels = {"node-role.kubernetes.io/edge": ""}
        metadata = {"name": each.removeprefix("node/"), "labels": labels}
        server.create("/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": metadata})
        ready = {"conditions": [{"type": "Ready", "status": "True"}]}
        linux = {"nodeInfo": {"operatingSystem": "linux"}}
        server.patch(f"/api/v1/nodes/{metadata['name']}/status", {"status": ready | linux})
    on_it = node_status.on_targeted(MachineConfigNodeStatus(), "edge", IN_FORCE, _now())
    for name in ("e-1", "e-2", "e-3"):
        _write_status(server, name, node_status.on_done(on_it, "", _now()))
    pod = Blocker(pod="shop/cart-0", pod_disruption_budget="shop/cart")
    target = _target(server)
    rendered = yaml.safe_dump({**machine_config(), "metadata": {"name": target}})
    api_server.kubectl("create", "-f", "-", *AS_THE_CONTROLLER, stdin=rendered)
    given = node_status.on_targeted(_status_of(server, "e-1"), "edge", target, _now())
    _write_status(server, "e-1", node_status.on_drain_blocked(given, [pod], "", _now()))
    yield server
    api_server.kubectl(
        "delete", "mcp/edge", f"mc/{target}", *made, *(f"mcn/{each[5:]}" for each in made)
    )


def _target(server: ApiServer) -> str:
    """Return the target that the planner would set for the pool `edge`."""
    planned = plan(observe(server), ControllerState.unknown(), "boot", _now())
    return next(each.target for each in planned.pools if each.name == "edge")


def _status_of(server: ApiServer, name: str) -> MachineConfigNodeStatus:
    return next(each.status for each in observe(server).nodes if each.name == name)


def _write_status(server: ApiServer, name: str, status: MachineConfigNodeStatus) -> None:
    """Write the status as the controller does."""
    write_node(server, next(each for each in observe(server).nodes if each.name == name), status)


def _now() -> datetime:
    return datetime.now(UTC)


def test_plan_shows_for_each_node_the_current_action_and_which_node_is_next(
    mc: Mc, edge: ApiServer
) -> None:
    target = _target(edge)

    found = mc("plan", "edge")

    assert (found.returncode, found.stderr) == (0, "")
    title, *lines = found.stdout.splitlines()
    assert title == f"pool edge: {IN_FORCE} -> {target}, 0 of 3 nodes updated, maxUnavailable 1"
    first, *waiting = lines[-3:]
    assert first.startswith("  e-1    -      in phase Drain for ")
    assert first.endswith(DRAIN_WAITS)
    assert waiting == [
        "  e-2    1      waits for e-1: budget 1 of 1 in use",
        "  e-3    2      waits for e-1: budget 1 of 1 in use",
    ]


def test_programs_read_the_plan(mc: Mc, edge: ApiServer) -> None:
    found = mc("plan", "e-1", "e-2", "-o", "json")

    [pool_plan] = json.loads(found.stdout)["pools"]
    assert (pool_plan["before"], pool_plan["target"]) == (IN_FORCE, _target(edge))
    busy, waiting = pool_plan["nodes"]
    assert (busy["now"]["step"], busy["now"]["reason"]) == ("update", DRAIN_WAITS)
    assert busy["blockedBy"][0]["podDisruptionBudget"] == "shop/cart"
    assert (waiting["now"]["step"], waiting["next"]["turn"]) == ("none", 1)


def test_plan_of_a_file_shows_the_effects_of_kubectl_apply(
    mc: Mc, edge: ApiServer, tmp_path: Path
) -> None:
    write(tmp_path / "new.yaml", machine_config("90-edge", "edge", **a_unit()))

    found = mc("plan", "edge", "-f", "new.yaml")

    assert found.returncode == 0, found.stderr
    title, disruption, *reasons, first, second, third = found.stdout.splitlines()
    assert title.startswith(f"pool edge: {IN_FORCE} -> rendered-edge-")
    assert _target(edge) not in title
    assert disruption == "  disruption: Reboot, each node cordoned and drained first"
    assert "    Reboot: a.service changed" in reasons
    assert first.startswith("  e-1    -      target: rendered-edge-"), "a drain is ended for it"
    assert [each.split()[:2] for each in (second, third)] == [["e-2", "1"], ["e-3", "2"]]
    assert mc("plan", "-f", "nowhere.yaml").returncode == 2


@pytest.mark.usefixtures("edge")
def test_status_shows_the_pool_its_nodes_and_all_details_of_one_node(mc: Mc) -> None:
    found, page = mc("status", "edge"), mc("status", "e-1")

    assert (found.returncode, found.stderr) == (0, "")
    lines = found.stdout.splitlines()
    assert lines[1].split() == ["edge", IN_FORCE, "0/0", "0", "0", "0", "1"]
    assert lines[2] == "edge: new: the controller has not processed it yet"
    assert [each.split()[:3] for each in lines[5:]] == [
        ["e-1", "edge", "Working"],
        ["e-2", "edge", "Done"],
        ["e-3", "edge", "Done"],
    ]
    assert lines[5].endswith(DRAIN_WAITS)
    assert page.stdout.startswith("node e-1, in pool edge\n  state: Working for ")
    assert "  phase: Drain for " in page.stdout
    assert "  blocked by: shop/cart-0 (PodDisruptionBudget shop/cart)\n" in page.stdout


def test_status_names_a_machine_config_that_no_pool_selects(mc: Mc, edge: ApiServer) -> None:
    edge.create(f"{API_PATH}/machineconfigs", machine_config("90-stray", "wrokers", **a_unit()))
    try:
        found = mc("status")
    finally:
        edge.delete(f"{API_PATH}/machineconfigs/90-stray", None)

    assert (found.returncode, found.stderr) == (0, "")
    assert "MachineConfig 90-stray: not selected: " in found.stdout


@pytest.mark.usefixtures("edge")
def test_programs_read_the_status(mc: Mc) -> None:
    everything = json.loads(mc("status", "-o", "json").stdout)
    one = json.loads(mc("status", "e-2", "-o", "json").stdout)

    assert {"edge", "master", "worker"} <= {each["pool"] for each in everything["pools"]}
    assert one["pools"] == []
    [node] = one["nodes"]
    assert (node["node"], node["pool"], node["state"]) == ("e-2", "edge", "Done")
    assert (node["currentConfig"], node["reason"], node["cordonedBy"]) == (IN_FORCE, "", None)


def test_a_watched_status_appends_changes_until_ctrl_c(
    edge: ApiServer, environment: dict[str, str]
) -> None:
    # A shell that runs the tests in the background makes them ignore Ctrl-C.
    heeding = ["env", "--default-signal=INT"]
    command = [*heeding, "kubectl", "mc", "status", "edge", "--watch"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as watching:
        assert watching.stdout
        hung = Timer(60, watching.kill)
        hung.start()
        before = [watching.stdout.readline() for _ in range(8)]
        _write_status(edge, "e-1", node_status.on_done(_status_of(edge, "e-1"), "", _now()))
        after = watching.stdout.readline()
        watching.send_signal(signal.SIGINT)
        rest, expected = watching.communicate()
        hung.cancel()

    assert before[5].startswith("e-1    edge   Working   Drain")
    assert after.split()[:4] == ["e-1", "edge", "Done", "-"]
    assert (watching.returncode, rest, expected) == (130, "", "")


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("command", ["plan", "status"])
def test_an_unknown_name_is_reported_with_a_suggestion(mc: Mc, command: str) -> None:
    found = mc(command, "edje")

    expected = "error: no pool or node edje\n  did you mean edge?\n"
    assert (found.returncode, found.stdout, found.stderr) == (1, "", expected)


@pytest.mark.usefixtures("edge")
def test_a_user_who_may_not_read_pods_sees_the_plan_and_what_is_missing(
    mc: Mc, api_server: conftest.ApiServer, tmp_path: Path
) -> None:
    as_viewer = _as_service_account(api_server, "viewer", tmp_path)
    ours = "machineconfigs,machineconfigpools,machineconfigurations,machineconfignodes"
    grant = ("create", "clusterrole", "viewer", "--verb=list", f"--resource={ours},nodes")
    bind = ("--clusterrole=viewer", "--serviceaccount=default:viewer")
    assert api_server.kubectl(*grant).returncode == 0
    api_server.kubectl("create", "clusterrolebinding", "viewer", *bind)
    try:
        found = mc("plan", "edge", KUBECONFIG=as_viewer)
        program = mc("plan", "edge", "-o", "json", KUBECONFIG=as_viewer)
        write(tmp_path / "new.yaml", machine_config("90-edge", "edge", **a_unit()))
        draining = mc("plan", "edge", "-f", "new.yaml", KUBECONFIG=as_viewer)
        status = mc("status", "edge", KUBECONFIG=as_viewer)
    finally:
        api_server.kubectl("delete", "clusterrole/viewer", "clusterrolebinding/viewer")

    assert found.returncode == 0
    assert "  e-2    1      waits for e-1: budget 1 of 1 in use\n" in found.stdout
    assert "warning: you may not list the pods of kube-system; not shown: " in found.stderr
    assert "kube-system" in json.loads(program.stdout)["unseenPodsOf"]
    unseen = "not shown: the pods that a drain would evict, and what would block it"
    assert (draining.returncode, draining.stderr.count(unseen)) == (0, 1)
    assert (status.returncode, status.stderr) == (0, "")
    assert status.stdout.startswith("unknown whether a controller leads: leases.")
    assert "unknown whether a controller leads: leases." in found.stderr
    assert json.loads(program.stdout)["controller"]["leads"] is None


@pytest.mark.usefixtures("edge")
def test_a_missing_leader_is_reported_first_and_since_when(mc: Mc, led: ApiServer) -> None:
    path = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/{LEASE}"
    led.patch(path, {"spec": {"holderIdentity": "", "renewTime": "2026-01-01T12:00:00.000000Z"}})

    status, plan = mc("status", "edge"), mc("plan", "edge")
    program = json.loads(mc("status", "-o", "json").stdout)

    expected = "warning: no controller has led since 2026-01-01 12:00:00Z ("
    assert status.stdout.startswith(expected)
    assert plan.stderr.startswith(expected)
    assert program["controller"] == {"leads": False, "since": "2026-01-01T12:00:00+00:00"}
    led.delete(path, None)
    expected = "warning: no controller leads, and the Lease records no earlier leader: "
    assert mc("status", "edge").stdout.startswith(expected)


@pytest.mark.usefixtures("edge")
def test_kubectl_completes_pools_and_nodes(mc: Mc) -> None:
    found = mc("mc", "status", "e", first="__complete").stdout.splitlines()

    assert [each.split("\t")[0] for each in found] == ["edge", "e-1", "e-2", "e-3", ":4"]
