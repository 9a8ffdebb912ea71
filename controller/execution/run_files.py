"""The files in the folder of a run, and the command line that repeats it by hand."""

import json
import shlex
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from controller.api import names
from controller.api.json_object import Json
from controller.execution.private_folder import empty
from controller.execution.protocol import Host, Request

_CONFIGS: Final = "configs"
# Characters; ssh makes sockets in the folder, whose paths the kernel limits to 107 characters.
_LONGEST_NAME: Final = 35


def name(request: Request) -> str:
    """Return the name of the run's folder, after its purpose, so that there is one of each."""
    playbook = Path(request.playbook).stem
    one = len(request.hosts) == 1
    full = request.name or (f"{playbook}-{request.hosts[0].node}" if one else playbook)
    if len(full) <= _LONGEST_NAME:
        return full
    digest = sha256(full.encode()).hexdigest()[:8]
    return f"{full[: _LONGEST_NAME - 9]}-{digest}"


def config_files(folder: Path, hosts: tuple[Host, ...]) -> dict[Host, Path]:
    """Return the file of each host's MachineConfig, which hosts with the same one share."""
    return {host: folder / _CONFIGS / f"{_config(host) or host.node}.json" for host in hosts}


def write(
    folder: Path, inventory: str, files: Mapping[Host, Path], request: Request, variables: Json
) -> None:
    """Write everything that the run reads, in place of the files of the run before."""
    empty(folder)
    for each in folder.iterdir():
        each.unlink()
    for each in (folder / _CONFIGS, folder / "tmp"):
        each.mkdir(mode=0o700)
    (folder / "inventory.yml").write_text(inventory)
    for file, host in {file: host for host, file in files.items()}.items():
        file.write_text(json.dumps(host.machine_config))
    if request.policy:
        (folder / "policy.json").write_text(json.dumps(request.policy))
    if request.pool:
        (folder / "pool.json").write_text(json.dumps(request.pool))
    all_variables = {
        **variables,
        **request.variables,
        "machineconfig_fence": request.fence,
        "cluster_required": True,
    }
    (folder / "variables.json").write_text(json.dumps(all_variables))


def command(folder: Path, playbook: Path, files: Mapping[Host, Path]) -> str:
    """Return the command line that fetches the MachineConfigs again and repeats the run."""
    resource = f"{names.MACHINE_CONFIGS}.{names.GROUP}"
    configs = {file: config for host, file in files.items() if (config := _config(host))}
    fetched = [
        f"kubectl get {resource} {shlex.quote(config)} -o json > {shlex.quote(str(file))}"
        for file, config in configs.items()
    ]
    words = ["ansible-playbook", "-i", str(folder / "inventory.yml"), str(playbook)]
    words += ["-e", f"@{folder / 'variables.json'}"]
    for each in ("policy", "pool"):
        file = folder / f"{each}.json"
        words += ["-e", f"{each}={file}"] if file.exists() else []
    made = [f"mkdir -p {shlex.quote(str(folder / _CONFIGS))}"] if fetched else []
    return " && ".join([*made, *fetched, shlex.join(words)])


def _config(host: Host) -> str:
    return str(host.machine_config.get("metadata", {}).get("name", ""))
