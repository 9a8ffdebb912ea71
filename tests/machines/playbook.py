"""Runs a playbook by hand against one machine of a lab."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab import Lab
from tests.machines.configs import Json, written

_REPOSITORY = Path(__file__).parents[2]
_TIMEOUT = 180
_AS_ANSIBLE_CFG = ("ControlMaster=auto", "ControlPersist=60s", "ServerAliveInterval=10")
# Kills ansible-playbook with its workers, or without them.
KILL_ALL = "kill -KILL 0"
KILL_WITHOUT_WORKERS = "kill -KILL $PPID"


@dataclass(frozen=True)
class Moment:
    """A command of the test that runs when a role begins, or when one of its workers does."""

    role: str
    command: str
    in_work: bool = False


@dataclass(frozen=True)
class Run:
    """The end of a run: exit status, output, and the roles that were started."""

    status: int
    output: str
    roles: list[str]


def play(  # noqa: PLR0913 - most are left out by most
    lab: Lab,
    node: str,
    config: Json,
    policy: Json | None = None,
    *,
    playbook: str = "update",
    moment: Moment | None = None,
    ssh: Sequence[str] = (),
    **variables: object,
) -> Run:
    """Run a playbook to its end, or until the moment ends it; `ssh` are options of ssh."""
    # The directory stays as long as the lab, since workers may outlive the run.
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=lab.folder))
    roles, output = folder / "roles", folder / "output"
    roles.touch()
    given = {
        "machineconfig": str(written(config, folder / "config.json")),
        "cluster_required": True,
        "verify_watch_seconds": 1,
        **variables,
    }
    if policy:
        given["policy"] = str(written(policy, folder / "policy.json"))
    command = [
        str(Path(sys.executable).with_name("ansible-playbook")),
        f"--inventory={node},",
        f"--extra-vars=@{written(given, folder / 'variables.json')}",
        str(_REPOSITORY / "playbooks" / f"{playbook}.yml"),
    ]
    with output.open("wb") as stream:
        ended = subprocess.run(
            command,
            env={**_environment(lab, ssh), **_moment_environment(moment, roles)},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            timeout=_TIMEOUT,
            start_new_session=True,
            check=False,
        )
    started = dict.fromkeys(roles.read_text().splitlines())
    return Run(ended.returncode, output.read_text(), list(started))


def _environment(lab: Lab, ssh: Sequence[str]) -> dict[str, str]:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{lab.bin}:{os.environ['PATH']}",
        "PYTHONPATH": str(_REPOSITORY),
        "KUBECONFIG": str(lab.kubeconfig),
        "ANSIBLE_CONFIG": str(_REPOSITORY / "ansible.cfg"),
        # Nodes of two labs have the same names, and must not share a connection.
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(lab.folder / "cp"),
        "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callbacks"),
        "ANSIBLE_CALLBACKS_ENABLED": "moment",
    }
    own = ("ControlMaster=no", "ControlPath=none", *ssh) if ssh else _AS_ANSIBLE_CFG
    # The path to the machines is configured only here, so every connection has to use it.
    words = ["-F", str(lab.ssh_config), *(f"-o{each}" for each in own)]
    environment["ANSIBLE_SSH_ARGS"] = " ".join(words)
    return environment


def _moment_environment(moment: Moment | None, roles: Path) -> dict[str, str]:
    environment = {"MOMENT_ROLES": str(roles)}
    if moment:
        environment |= {"MOMENT_AT": moment.role, "MOMENT_DO": moment.command}
        environment |= {"MOMENT_IN_WORK": str(int(moment.in_work))}
    return environment
