"""The files of a run are few, in a folder that suits ssh, and sufficient to repeat it by hand."""

import json
import shlex
from pathlib import Path
from typing import Final

import pytest

from controller.api.json_object import Json
from controller.execution import run_files
from controller.execution.private_folder import folder_of_runs
from controller.execution.protocol import Connection, Host, Request
from controller.settings import Settings

CONNECTION: Final = Connection("root", 22, None, None)
PLAYBOOK: Final = Path("/playbooks/update.yml")
# Of a socket's path on Linux; Ansible names it by 10 characters, and ssh adds 17 while it is made.
_LONGEST_SOCKET: Final = 107
_SSH: Final = len("/cp/") + 10 + 17


def host(node: str, config: str = "rendered-worker-1") -> Host:
    return Host(node, "192.0.2.1", {"metadata": {"name": config}}, CONNECTION)


def request(*hosts: Host, name: str = "") -> Request:
    return Request("update.yml", hosts, None, 1, name)


@pytest.mark.parametrize(
    "node", ["w-1", "ip-10-0-12-34.eu-central-1.compute.internal", ".".join(["a" * 62] * 4)]
)
def test_the_paths_of_ssh_sockets_fit_for_any_node_name(node: str, tmp_path: Path) -> None:
    runs = folder_of_runs(tmp_path / "state").relative_to(tmp_path / "state")
    folder = Settings().state_folder / runs / run_files.name(request(host(node)))

    assert len(str(folder)) + _SSH <= _LONGEST_SOCKET


def test_long_names_with_a_common_beginning_have_folders_of_their_own() -> None:
    beginning = "ip-10-0-12-34.eu-central-1.compute.internal"
    names = {run_files.name(request(host(f"{beginning}-{each}"))) for each in range(100)}

    assert len(names) == 100


def test_hosts_of_one_config_share_its_file_and_others_have_theirs(tmp_path: Path) -> None:
    hosts = (
        host("a"),
        host("b"),
        host("c", "rendered-infra-1"),
        Host("d", "192.0.2.1", {}, CONNECTION),
    )

    files = run_files.config_files(tmp_path, hosts)
    written = _written(tmp_path, *hosts)

    assert [file.name for file in files.values()] == [
        "rendered-worker-1.json",
        "rendered-worker-1.json",
        "rendered-infra-1.json",
        "d.json",
    ]
    assert written[files[hosts[0]]] == hosts[0].machine_config
    assert written[files[hosts[2]]] == hosts[2].machine_config


def test_the_command_line_fetches_the_configs_that_the_run_has_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "a b"
    folder.mkdir()
    hosts = host("w-1"), host("w-2")
    _written(folder, *hosts)

    made, fetched, played = run_files.command(
        folder, PLAYBOOK, run_files.config_files(folder, hosts)
    ).split(" && ")

    configs = folder / "configs"
    assert shlex.split(made) == ["mkdir", "-p", str(configs)]
    kind = "machineconfigs.machineconfiguration.alauda.io"
    assert shlex.split(fetched) == [
        *("kubectl", "get", kind, "rendered-worker-1", "-o", "json"),
        *(">", str(configs / "rendered-worker-1.json")),
    ]
    assert shlex.split(played)[:4] == [
        *("ansible-playbook", "-i", str(folder / "inventory.yml")),
        str(PLAYBOOK),
    ]


def _written(folder: Path, *hosts: Host) -> dict[Path, Json]:
    """Return the configs that are written for a run."""
    files = run_files.config_files(folder, hosts)
    run_files.write(folder, "", files, request(*hosts), {})
    return {file: json.loads(file.read_text()) for file in (folder / "configs").iterdir()}
