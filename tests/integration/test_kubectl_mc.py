"""`kubectl mc` as a person has it: a real kubectl that finds it, and a real API server."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.api.names import API_VERSION, NAMESPACE, SERVICE_ACCOUNT
from controller.cluster.api_server import OURS, ApiServer
from controller.cluster.defaults import make_missing
from tests import conftest
from tests.contract.crds import install
from tests.unit.cli.build import a_file, a_unit, machine_config, write

Done = subprocess.CompletedProcess[str]
Mc = Callable[..., Done]

IN_FORCE = "rendered-worker-0123456789abcdef"


# A policy, where another test has put it there, leaves rendered configs to the controller.
AS_THE_CONTROLLER = (
    f"--as=system:serviceaccount:{NAMESPACE}:{SERVICE_ACCOUNT}",
    "--as-group=system:masters",
)


@pytest.fixture(scope="module")
def server(api_server: conftest.ApiServer) -> Iterator[ApiServer]:
    """A cluster whose pool `worker` is on a config, as the controller would have left it."""
    kubectl = install(api_server)
    server = ApiServer(api_server.kubeconfig)
    make_missing(server)
    old = machine_config("50-a", **a_file(source="data:,old%0A", mode=0o644))
    assert kubectl("apply", "-f", "-", stdin=yaml.safe_dump(old)).returncode == 0
    in_force = yaml.safe_dump({**old, "metadata": {"name": IN_FORCE}})
    assert kubectl("create", "-f", "-", *AS_THE_CONTROLLER, stdin=in_force).returncode == 0
    named = {"configuration": {"apiVersion": API_VERSION, "kind": "MachineConfig"}}
    named["configuration"]["name"] = IN_FORCE
    server.patch(f"{OURS}/machineconfigpools/worker", {"spec": named})
    yield server
    for kind in ("mcp", "mc", "machineconfigurations"):
        kubectl("delete", kind, "--all")


@pytest.fixture
def mc(api_server: conftest.ApiServer, server: ApiServer, tmp_path: Path) -> Mc:
    """Run `kubectl mc …` in a folder of its own, as the administrator."""
    del server
    ours, kubectl = Path(sys.executable).parent, api_server.kubeconfig.parent / "bin"
    path = f"{ours}:{kubectl}:{os.environ['PATH']}"
    everything = {**os.environ, "PATH": path, "KUBECONFIG": str(api_server.kubeconfig)}

    def run(*words: str, stdin: str = "", first: str = "mc", **variables: str) -> Done:
        return subprocess.run(
            ["kubectl", first, *words],
            env={**everything, **variables},
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


def test_nothing_changes_where_the_cluster_has_what_the_file_says(mc: Mc) -> None:
    same = machine_config("50-a", **a_file(source="data:,old%0A", mode=0o644))

    found = mc("diff", "--pool", "worker", "-f", "-", stdin=yaml.safe_dump(same))

    assert (found.returncode, found.stdout) == (0, "pool worker: no difference\n"), found.stderr


def test_without_a_file_diff_shows_what_the_nodes_have_not_been_told_yet(
    mc: Mc, server: ApiServer, api_server: conftest.ApiServer
) -> None:
    server.create(f"{OURS}/machineconfigs", machine_config("60-b", **a_unit()))
    try:
        found = mc("diff", "-o", "json")
    finally:
        api_server.kubectl("delete", "mc", "60-b")

    assert found.returncode == 1, found.stderr
    pools = {each["pool"]: each for each in json.loads(found.stdout)["pools"]}
    [change] = pools["worker"]["changes"]
    assert (change["kind"], change["verb"], change["name"]) == ("unit", "added", "a.service")
    assert pools["worker"]["disruption"]["reasons"] == ["Reboot: a.service changed"]


def test_what_the_file_no_longer_says_goes_as_it_would_with_kubectl_apply(
    mc: Mc, api_server: conftest.ApiServer
) -> None:
    without = yaml.safe_dump(machine_config("50-a"))

    found = mc("diff", "--pool", "worker", "-f", "-", stdin=without)
    kubectl = api_server.kubectl("diff", "-f", "-", stdin=without)

    assert "  - file /etc/a" in found.stdout.splitlines()
    assert "storage" in kubectl.stdout, "kubectl says so too"


def test_cat_render_and_validate_look_at_the_live_cluster(mc: Mc) -> None:
    shown = mc("cat", "worker", "/etc/a")
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, "old\n", "")

    made = mc("render", "--pool", "worker")
    assert made.returncode == 0, made.stderr
    assert yaml.safe_load(made.stdout)["metadata"]["name"].startswith("rendered-worker-")

    explained = mc("render", "--pool", "worker", "--explain", "-o", "json")
    assert json.loads(explained.stdout)["sources"] == ["00-worker", "50-a"]

    valid = mc("validate")
    assert (valid.returncode, valid.stdout) == (0, "6 objects, no errors, no warnings\n")


def test_what_create_prints_kubectl_takes(mc: Mc, tmp_path: Path) -> None:
    (tmp_path / "motd").write_text("hello\n")

    made = mc("create", "70-motd", "--role", "worker", "--file", "motd:/etc/motd:0640").stdout

    taken = mc("-f", "-", "--dry-run=server", "-o", "json", first="apply", stdin=made)
    assert taken.returncode == 0, taken.stderr
    assert json.loads(taken.stdout)["spec"]["config"]["storage"]["files"][0]["mode"] == 0o640


def test_an_object_that_is_wrong_in_another_pool_hinders_nobody(
    mc: Mc, server: ApiServer, api_server: conftest.ApiServer
) -> None:
    server.create(f"{OURS}/machineconfigs", machine_config("60-bad", "master", **a_file("/a")))
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
    assert "the cluster could not be asked" in lost.stderr
    assert mc("validate", "--context", here, KUBECONFIG=both).returncode == 0
    named = mc("validate", "--kubeconfig", str(api_server.kubeconfig), KUBECONFIG=str(elsewhere))
    assert named.returncode == 0
    unknown = mc("validate", "--context", "nobody")
    assert unknown.returncode == 2
    assert "nobody" in unknown.stderr


def test_who_may_not_look_is_told_what_to_ask_for(
    mc: Mc, api_server: conftest.ApiServer, tmp_path: Path
) -> None:
    api_server.kubectl("create", "serviceaccount", "nobody")
    token = api_server.kubectl("create", "token", "nobody").stdout.strip()
    config = yaml.safe_load(api_server.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": token}
    (tmp_path / "nobody").write_text(yaml.safe_dump(config))

    found = mc("validate", KUBECONFIG=str(tmp_path / "nobody"))

    assert found.returncode == 2
    assert "you may not look: machineconfigs" in found.stderr
    assert "ask for `list`" in found.stderr


def test_kubectl_completes_it(mc: Mc, server: ApiServer, api_server: conftest.ApiServer) -> None:
    def complete(*words: str) -> list[str]:
        found = mc("mc", *words, first="__complete")
        return [each.split("\t")[0] for each in found.stdout.splitlines()]

    assert complete("va") == ["validate", ":4"]
    assert "--show-protected-contents" in complete("diff", "--s")
    pool: dict[str, Any] = {"spec": {"machineConfigSelector": {}, "nodeSelector": {}}}
    infra = {"apiVersion": API_VERSION, "kind": "MachineConfigPool", "metadata": {"name": "infra"}}
    server.create(f"{OURS}/machineconfigpools", infra | pool)
    try:
        assert complete("cat", "") == ["master", "worker", "infra", ":4"]
    finally:
        api_server.kubectl("delete", "mcp", "infra")
