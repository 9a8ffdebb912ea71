"""The requests of `kubectl mc` on a real API server; the tests play the controller."""

import hashlib
import json
import os
import pty
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import yaml

from controller.api import names
from controller.api.machine_config_node import Drift, MachineConfigNodeStatus, NodeState, Phase
from controller.api.meta import Condition, ConditionStatus
from controller.cluster.api_server import API_PATH, ApiServer
from controller.cluster.observation.observer import observe
from controller.cluster.writes import write_node
from controller.planning import node_status
from controller.planning.node import Node
from controller.rendering.contents import decode
from tests import conftest
from tests.integration.cluster import Cluster
from tests.unit.cli.kubectl_mc.local_node import arguments_of, ssh_to_here
from tests.unit.cli.kubectl_mc.manifests import machine_config

Done = subprocess.CompletedProcess[str]
Mc = Callable[..., Done]
# The controller's answer to a request, given the Node.
Answer = Callable[[Node], Iterator[MachineConfigNodeStatus]]

ADDRESS = {"type": "InternalIP", "address": "192.0.2.7"}
NEWLINE = b"\n"
LAST = "ssh: connect to host w-1 port 22: timed out; last in sync at 12:00:00"


@pytest.fixture
def configured(cluster: Cluster) -> Cluster:
    """Two workers that are Done on a config with one file."""
    cluster.configure("hello")
    cluster.roll_out(cluster.controller())
    return cluster


@pytest.fixture
def environment(api_server: conftest.ApiServer, led: ApiServer) -> dict[str, str]:
    """The environment of a shell in which kubectl reaches the cluster and finds the plugin."""
    del led
    ours, kubectl = Path(sys.executable).parent, api_server.kubeconfig.parent / "bin"
    path = f"{ours}:{kubectl}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "KUBECONFIG": str(api_server.kubeconfig)}


@pytest.fixture
def mc(environment: dict[str, str], tmp_path: Path) -> Mc:
    """Run `kubectl mc …` as the administrator."""

    def run(*words: str, stdin: str = "", **variables: str) -> Done:
        return subprocess.run(
            ["kubectl", "mc", *words],
            env={**environment, **variables},
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


@contextmanager
def controller_answering(cluster: Cluster, answer: Answer) -> Iterator[None]:
    """Play the controller, and answer requests meanwhile."""
    server = ApiServer(cluster.kubeconfig)
    over = Event()

    def play() -> None:
        while not over.wait(0.1):
            for node in observe(server).nodes:
                if node.check_requested or node.recover_requested:
                    for status in answer(node):
                        write_node(server, _current(server, node), status)

    thread = Thread(target=play)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _current(server: ApiServer, node: Node) -> Node:
    return next(each for each in observe(server).nodes if each.name == node.name)


def checked(node: Node, answer: str, reason: str, message: str = "") -> MachineConfigNodeStatus:
    """Return the answer to all requests, with this drift."""
    condition = Condition(
        type=names.DRIFTED,
        status=ConditionStatus(answer),
        reason=reason,
        message=message,
        last_transition_time=datetime.now(UTC),
    )
    update = {"answered": node.requests, "conditions": (condition,)}
    return node.status.model_copy(update=update)


def in_sync(node: Node) -> Iterator[MachineConfigNodeStatus]:
    yield checked(node, "False", "AsConfigured")


def only_the_first_in_sync(node: Node) -> Iterator[MachineConfigNodeStatus]:
    status = checked(node, "False", "AsConfigured")
    if node.name != "w-1":
        found = [Drift(path="/etc/motd", kind="content"), Drift(path="/etc/\x1b[2J", kind="mode")]
        drifted = node_status.on_checked(checked(node, "True", "Drift"), found, datetime.now(UTC))
        status = drifted
    yield status


def status_of(configured: Cluster, name: str) -> Any:  # noqa: ANN401 - any JSON
    return ApiServer(configured.kubeconfig).get(f"{API_PATH}/machineconfignodes/{name}")["status"]


def set_drift(cluster: Cluster, name: str, *drift: Drift) -> None:
    """Write the drift of a node like the controller."""
    server = ApiServer(cluster.kubeconfig)
    node = next(each for each in observe(server).nodes if each.name == name)
    write_node(server, node, node_status.on_checked(node.status, drift, datetime.now(UTC)))


def test_a_check_of_a_pool_requests_all_its_nodes_and_reports_success(
    configured: Cluster, mc: Mc
) -> None:
    with controller_answering(configured, in_sync):
        found = mc("check", "worker")

    assert (found.returncode, found.stderr) == (0, "")
    assert [each.split(maxsplit=2) for each in found.stdout.splitlines()] == [
        ["NODE", "POOL", "RESULT          DETAILS"],
        ["w-1", "worker", f"as configured   {configured.target()}"],
        ["w-2", "worker", f"as configured   {configured.target()}"],
    ]


def test_a_check_reports_which_node_has_drifted_and_how(configured: Cluster, mc: Mc) -> None:
    with controller_answering(configured, only_the_first_in_sync):
        found = mc("check", "w-1", "w-2")
        alone = mc("check", "w-1")

    assert (found.returncode, found.stderr) == (1, "")
    assert [each.split(maxsplit=2)[2] for each in found.stdout.splitlines()[2:]] == [
        "drift           /etc/motd (content)",
        r"drift           /etc/\x1b[2J (mode)",
    ]
    assert alone.returncode == 0


def test_an_unreachable_node_is_not_reported_as_in_sync(configured: Cluster, mc: Mc) -> None:
    with controller_answering(
        configured, lambda node: iter([checked(node, "Unknown", "Unreachable", LAST)])
    ):
        found = mc("check", "w-1", "-o", "json")

    assert found.returncode == 1, "kubectl hands on the exit code"
    [node] = json.loads(found.stdout)["nodes"]
    assert (node["node"], node["found"], node["message"]) == ("w-1", "Unreachable", LAST)


def test_each_check_is_a_new_request(configured: Cluster, mc: Mc) -> None:
    with controller_answering(configured, in_sync):
        assert mc("check", "w-1").returncode == 0
    first = status_of(configured, "w-1")["answered"]["check"]

    unanswered = mc("check", "w-1", "--timeout", "1s")
    assert unanswered.returncode == 2, "the previous answer does not count"

    with controller_answering(configured, only_the_first_in_sync):
        assert mc("check", "w-1").returncode == 0
    assert status_of(configured, "w-1")["answered"]["check"] != first


def test_without_a_controller_it_prints_how_to_check_by_hand(configured: Cluster, mc: Mc) -> None:
    found = mc("check", "w-1", "w-2", "--timeout", "1s")

    assert found.returncode == 2
    assert found.stdout.splitlines()[1:] == [
        "w-1    worker   no answer",
        "w-2    worker   no answer",
    ]
    assert found.stderr == (
        "error: no controller has answered for w-1, w-2 within 1s\n"
        "  see whether a controller leads: kubectl get lease -n machine-config; to check by hand:"
        f" kubectl get mc {configured.target()} -o yaml > config.yaml &&"
        " ansible-playbook -i w-1,w-2, -u USER playbooks/check.yml"
        " -e machineconfig=$PWD/config.yaml\n"
    )


def test_without_waiting_the_request_is_still_made(configured: Cluster, mc: Mc) -> None:
    found = mc("check", "w-1", "--no-wait")

    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.splitlines()[1].split() == ["w-1", "worker", "requested"]
    assert configured.node("w-1")[names.CHECK]
    assert names.CHECK not in configured.node("w-2")


def test_a_held_node_is_neither_requested_nor_awaited(
    configured: Cluster, mc: Mc, api_server: conftest.ApiServer
) -> None:
    api_server.kubectl("annotate", "node", "w-1", f"{names.HOLD}=true")

    found = mc("check", "w-1")

    assert found.returncode == 1
    assert "held     held by an administrator" in found.stdout
    assert names.CHECK not in configured.node("w-1")


def test_a_user_who_may_not_request_is_told_which_permission_is_missing(
    configured: Cluster, mc: Mc, api_server: conftest.ApiServer, tmp_path: Path
) -> None:
    reader = _as_reader(api_server, tmp_path)

    check = mc("check", "w-1", KUBECONFIG=reader)
    recover = mc("recover", "w-1", "--yes", KUBECONFIG=reader)
    pause = mc("pause", "worker", KUBECONFIG=reader)

    assert [each.returncode for each in (check, recover, pause)] == [2, 2, 2]
    for refused in (check, recover):
        assert refused.stderr.startswith("error: you may not change node w-1: ")
        assert refused.stderr.endswith("\n  ask an administrator for `patch` on nodes\n")
    assert pause.stderr.startswith("error: you may not change pool worker: ")
    wanted = (
        "ask an administrator for `patch` on machineconfigpools of machineconfiguration.alauda.io"
    )
    assert pause.stderr.endswith(f"\n  {wanted}\n")
    assert names.CHECK not in configured.node("w-1")


def _as_reader(api_server: conftest.ApiServer, folder: Path) -> str:
    """Create a user with read access only, and return the option with its kubeconfig."""
    api_server.kubectl("create", "serviceaccount", "reader")
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "reader"},
        "rules": [
            {"apiGroups": ["", names.GROUP], "resources": ["*"], "verbs": ["get", "list"]},
        ],
    }
    api_server.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(role))
    bound = ("--clusterrole=reader", "--serviceaccount=default:reader")
    api_server.kubectl("create", "clusterrolebinding", "reader", *bound)
    config = yaml.safe_load(api_server.kubeconfig.read_text())
    token = api_server.kubectl("create", "token", "reader").stdout.strip()
    config["users"][0]["user"] = {"token": token}
    (folder / "reader").write_text(yaml.safe_dump(config))
    return str(folder / "reader")


def recovered(node: Node) -> Iterator[MachineConfigNodeStatus]:
    """Answer that the config is applied again, and Done a moment later."""
    yield from _given(node)
    time.sleep(1)
    yield node_status.on_done(next(_given(node)), "", datetime.now(UTC))


def failing(node: Node) -> Iterator[MachineConfigNodeStatus]:
    yield from _given(node)
    phase = Phase.VERIFY
    yield node_status.on_failed(next(_given(node)), phase, "no", "mend", datetime.now(UTC))


def _given(node: Node) -> Iterator[MachineConfigNodeStatus]:
    status = node.status
    given = node_status.on_targeted(status, status.pool, status.current_config, datetime.now(UTC))
    yield given.model_copy(update={"answered": node.requests})


def test_a_recovery_prints_its_actions_and_waits_until_the_node_is_done(
    configured: Cluster, mc: Mc
) -> None:
    set_drift(configured, "w-1", Drift(path="/etc/motd", kind="content"))

    with controller_answering(configured, recovered):
        found = mc("recover", "w-1", "--yes", "--wait")

    assert found.returncode == 0, found.stderr
    assert found.stdout.splitlines() == [
        f"node w-1, in pool worker: {configured.target()} is applied again",
        "  fixes: /etc/motd (content)",
        "  disruption: none",
        "    None: /etc/motd changed",
        "  takes a slot of pool worker (maxUnavailable 1)",
        f"NODE   STATE   CONFIG{' ' * (len(configured.target()) - 3)}REASON",
        f"w-1    Done    {configured.target()}",
    ]
    assert found.stderr.splitlines() == ["w-1: Working", "w-1: Done"]


def test_a_failed_recovery_is_reported(configured: Cluster, mc: Mc) -> None:
    with controller_answering(configured, failing):
        found = mc("recover", "w-1", "--yes", "--wait")

    assert found.returncode == 1
    assert found.stdout.splitlines()[-1].split(maxsplit=3)[1:] == [
        "Degraded",
        configured.target(),
        "Verify failed: no (mend)",
    ]


def test_for_a_held_node_it_prints_what_has_to_be_done_first(
    configured: Cluster, mc: Mc, api_server: conftest.ApiServer
) -> None:
    api_server.kubectl("annotate", "node", "w-1", f"{names.HOLD}=true")

    found = mc("recover", "w-1", "--yes")

    release = f"kubectl annotate node w-1 {names.HOLD}-"
    assert (found.returncode, found.stderr) == (0, "")
    *_, first, asked = found.stdout.splitlines()
    assert first == f"  first: {release} (it is held)"
    assert asked == f"requested; w-1 waits until you run: {release}"
    assert names.RECOVER in configured.node("w-1")


def test_without_a_terminal_nothing_is_recovered_without_confirmation(
    configured: Cluster, mc: Mc
) -> None:
    found = mc("recover", "w-1", stdin="y\n")

    assert found.returncode == 1
    assert "is applied again" in found.stdout
    assert found.stderr == (
        "error: nothing was done: there is no terminal to prompt on\n  pass --yes\n"
    )
    assert names.RECOVER not in configured.node("w-1")


@pytest.mark.parametrize(("typed", "confirmed"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_on_a_terminal_the_user_has_to_confirm(
    configured: Cluster, environment: dict[str, str], *, typed: str, confirmed: bool
) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, typed.encode())

    ended = subprocess.run(
        ["kubectl", "mc", "recover", "w-1"],
        env=environment,
        stdin=theirs,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    os.close(ours)
    os.close(theirs)

    assert "Recover w-1? [y/N]" in ended.stderr
    assert ended.returncode == (0 if confirmed else 1)
    assert ("nothing was done" in ended.stderr) is not confirmed
    assert (names.RECOVER in configured.node("w-1")) is confirmed


def test_a_recovery_that_does_not_start_in_time_prints_where_to_look(
    configured: Cluster, mc: Mc
) -> None:
    del configured

    found = mc("recover", "w-1", "--yes", "--wait", "--timeout", "1")

    assert found.returncode == 2
    assert "error: no controller has answered for w-1 within 1s\n" in found.stderr
    assert "see whether it waits for its turn: kubectl mc plan w-1" in found.stderr


def test_a_recovery_that_takes_longer_continues(configured: Cluster, mc: Mc) -> None:
    with controller_answering(configured, _given):
        found = mc("recover", "w-1", "--yes", "--wait", "--timeout", "3")

    assert found.returncode == 2
    assert "w-1 did not finish within 3s; the update continues" in found.stderr
    assert status_of(configured, "w-1")["state"] == NodeState.WORKING


def test_a_pause_is_written_once_and_a_resume_reverts_it(
    configured: Cluster, mc: Mc, api_server: conftest.ApiServer
) -> None:
    def paused() -> str:
        return api_server.kubectl("get", "mcp", "worker", "-o", "jsonpath={.spec.paused}").stdout

    before = configured.target()

    assert mc("pause", "worker").stdout.splitlines() == [
        "pool worker is paused",
        f"  all 2 nodes are on {before}",
    ]
    assert paused() == "true"
    version = ("get", "mcp", "worker", "-o", "jsonpath={.metadata.resourceVersion}")
    first = api_server.kubectl(*version).stdout
    again = mc("pause", "worker")
    assert (again.returncode, again.stdout.splitlines()[0]) == (0, "pool worker is already paused")
    assert api_server.kubectl(*version).stdout == first

    configured.configure("later")
    resumed = mc("resume", "worker")
    assert resumed.returncode == 0, resumed.stderr
    first_line, second_line = resumed.stdout.splitlines()
    assert first_line == "pool worker is resumed"
    assert second_line.startswith("  2 nodes (w-1, w-2) will be updated to rendered-worker-")
    assert second_line.endswith(", at most 1 at a time")
    assert paused() == "false"


def test_an_unknown_pool_is_reported_with_a_suggestion(configured: Cluster, mc: Mc) -> None:
    del configured

    found = mc("pause", "wrker")

    assert found.returncode == 1
    assert found.stderr == (
        "error: no pool wrker; there are master, worker\n  did you mean worker?\n"
    )


@pytest.fixture
def etc() -> Iterator[Path]:
    """A directory of this machine in place of a node's; nothing below /tmp is managed."""
    folder = Path(tempfile.mkdtemp(dir="/var/tmp")).resolve()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def ssh(configured: Cluster, tmp_path: Path, api_server: conftest.ApiServer) -> tuple[str, str]:
    """Options by which `kubectl mc` takes this machine for the node w-1, at its own address."""
    del configured
    addresses = json.dumps({"status": {"addresses": [ADDRESS]}})
    api_server.kubectl("patch", "node", "w-1", "--subresource=status", "-p", addresses)
    return "--ssh-command", ssh_to_here(tmp_path / "bin")


def test_kubectl_accepts_what_is_adopted_and_that_node_does_not_change(
    mc: Mc, api_server: conftest.ApiServer, ssh: tuple[str, str], etc: Path, tmp_path: Path
) -> None:
    file = etc / 'it\'s $(touch HACKED) "now"'
    file.write_bytes(b"secret \x1b[2J\xff\n")
    file.chmod(0o640)

    found = mc("adopt", "w-1", str(file), *ssh, "--ssh-user", "admin")

    assert found.returncode == 0, found.stderr
    assert found.stderr.splitlines() == [
        f"note: {file} as it is on w-1",
        "note: 99-worker-adopted-w-1 applies to all 2 nodes of pool worker (w-1, w-2)",
        "`kubectl mc diff -f FILE` shows the changes; `kubectl apply -f FILE` makes them",
    ]
    made = yaml.safe_load(found.stdout)
    assert made["metadata"]["labels"] == {names.ROLE_LABEL: "worker"}
    [entry] = made["spec"]["config"]["storage"]["files"]
    assert (entry["path"], entry["mode"]) == (str(file), 0o640)
    assert decode(entry["contents"]) == file.read_bytes()
    (tmp_path / "adopted.yaml").write_text(found.stdout)
    valid = mc("validate", "-f", "adopted.yaml")
    assert (valid.returncode, valid.stdout) == (0, "1 object, no errors, no warnings\n")
    assert mc("diff", "-f", "adopted.yaml").returncode == 1
    taken = api_server.kubectl("create", "--dry-run=server", "-f", "-", stdin=found.stdout)
    assert taken.returncode == 0, taken.stderr
    assert not list(tmp_path.rglob("HACKED"))
    words = arguments_of(tmp_path / "bin")
    assert words[:-1] == [
        *("-o", "HostKeyAlias=w-1", "-o", "ConnectTimeout=10", "--", "admin@192.0.2.7")
    ]


def test_what_cannot_be_adopted_is_reported_without_its_contents(
    mc: Mc, ssh: tuple[str, str], etc: Path
) -> None:
    (etc / "link").symlink_to("/etc/passwd")
    (etc / "token").write_text("hunter2\n")
    (etc / "token").chmod(0o4755)

    for name in ("link", "token", "nothing"):
        refused = mc("adopt", "w-1", str(etc / name), *ssh)
        assert (refused.returncode, refused.stdout) == (1, ""), refused
        assert str(etc / name) in refused.stderr
        assert "hunter2" not in refused.stderr

    unread = mc("adopt", "w-1", str(etc / "link"), "--ssh-command", "false")
    assert unread.returncode == 2
    assert "w-1 could not be read over SSH: exit status 1" in unread.stderr


def digest_of(data: bytes) -> str:
    return f"{len(data)} bytes, sha256:{hashlib.sha256(data).hexdigest()}"


def test_status_shows_the_differences_of_a_node_only_on_request(  # noqa: PLR0913 - fixtures
    configured: Cluster,
    mc: Mc,
    api_server: conftest.ApiServer,
    ssh: tuple[str, str],
    etc: Path,
    tmp_path: Path,
) -> None:
    motd, token = etc / "motd", etc / "token"
    before = configured.target()
    files = [
        {"path": str(motd), "mode": 0o644, "contents": {"source": "data:,wanted%0A"}},
        {"path": str(token), "mode": 0o600, "contents": {"source": "data:,swordfish%0A"}},
    ]
    config = machine_config("60-drift", storage={"files": files})
    api_server.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(config))
    configured.roll_out(configured.controller(), beyond=before)
    set_drift(configured, "w-1", *(Drift(path=str(each), kind="content") for each in (motd, token)))
    motd.write_bytes(b"changed \x1b[2J\n")
    motd.chmod(0o644)
    token.write_text("hunter2\n")
    token.chmod(0o644)

    plain = mc("status", "w-1", *ssh)
    assert f"  drift: {motd} (content)" in plain.stdout
    assert "wanted" not in plain.stdout
    assert not (tmp_path / "bin" / "log").exists(), "no SSH unless requested"

    shown = mc("status", "w-1", "--diff", *ssh)
    assert (shown.returncode, shown.stderr) == (0, "")
    page, differences = shown.stdout.split("\n\n")
    assert page.startswith("node w-1, in pool worker")
    assert differences.splitlines() == [
        f"node w-1, - in {configured.target()}, + on the node",
        f"  {motd} (content)",
        "    contents are not text:",
        f"    - {digest_of(b'wanted' + NEWLINE)}",
        f"    + {digest_of(motd.read_bytes())}",
        f"  {token} (content)",
        "    mode: 0600 -> 0644",
        "    contents are not world-readable:",
        f"    - {digest_of(b'swordfish' + NEWLINE)}",
        f"    + {digest_of(token.read_bytes())}",
    ]
    assert "hunter2" not in shown.stdout
    assert "swordfish" not in shown.stdout

    motd.write_text("changed\n")
    assert mc("status", "w-1", "--diff", *ssh).stdout.split("\n\n")[1].splitlines()[2:7] == [
        f"    --- {motd}",
        f"    +++ {motd}",
        "    @@ -1 +1 @@",
        "    -wanted",
        "    +changed",
    ]
    assert mc("status", "worker", "--diff", *ssh).returncode == 1, "a pool is not read by SSH"


def test_a_node_that_is_not_known_to_be_in_sync_is_shown_as_such(
    configured: Cluster, mc: Mc
) -> None:
    with controller_answering(
        configured, lambda node: iter([checked(node, "Unknown", "Unreachable", LAST)])
    ):
        mc("check", "w-1")

    assert f"  drift unknown: {LAST}\n" in mc("status", "w-1").stdout
