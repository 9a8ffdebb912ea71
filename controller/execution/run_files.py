"""What a run, or a person who repeats it, reads: the files in its folder, and its command line."""

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
# Characters; ssh makes sockets in there, whose paths the kernel takes up to 107 characters long.
_LONGEST_NAME: Final = 35


def name(request: Request) -> str:
    """What the run's folder is called: after what it is for, so that there is one of each."""
    kind = Path(request.playbook).stem
    one = len(request.hosts) == 1
    words = request.name or (f"{kind}-{request.hosts[0].node}" if one else kind)
    if len(words) <= _LONGEST_NAME:
        return words
    digest = sha256(words.encode()).hexdigest()[:8]
    return f"{words[: _LONGEST_NAME - 9]}-{digest}"


def config_files(folder: Path, hosts: tuple[Host, ...]) -> dict[Host, Path]:
    """Where each host's MachineConfig is: a file for all that have the same."""
    return {host: folder / _CONFIGS / f"{_config(host) or host.node}.json" for host in hosts}


def write(
    folder: Path, inventory: str, files: Mapping[Host, Path], request: Request, variables: Json
) -> None:
    """Write everything that the run reads, in place of what is left of the one before."""
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
    """The command line that repeats the run, once what it was given is fetched again."""
    kind = f"{names.MACHINE_CONFIGS}.{names.GROUP}"
    configs = {file: config for host, file in files.items() if (config := _config(host))}
    fetched = [
        f"kubectl get {kind} {shlex.quote(config)} -o json > {shlex.quote(str(file))}"
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
