"""A playbook, run by hand against one machine of a lab."""

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
_LONGEST = 180
_AS_ANSIBLE_CFG = ("ControlMaster=auto", "ControlPersist=60s", "ServerAliveInterval=10")
# Ends ansible-playbook and its workers, or leaves the workers to end by themselves.
KILL_ALL = "kill -KILL 0"
KILL_WITHOUT_WORKERS = "kill -KILL $PPID"


@dataclass(frozen=True)
class Moment:
    """A command of the test's own when a role begins, or when one of its workers does."""

    role: str
    command: str
    in_work: bool = False


@dataclass(frozen=True)
class Run:
    """How it ended: exit status, all that was said, and the roles that it came to."""

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
    """Run a playbook to its end, or to where the moment ends it; `ssh` are options of ssh."""
    # It stays as long as the lab: workers may outlive the run.
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
    with output.open("wb") as said:
        ended = subprocess.run(
            command,
            env={**_environment(lab, ssh), **_told(moment, roles)},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            timeout=_LONGEST,
            start_new_session=True,
            check=False,
        )
    came_to = dict.fromkeys(roles.read_text().splitlines())
    return Run(ended.returncode, output.read_text(), list(came_to))


def _environment(lab: Lab, ssh: Sequence[str]) -> dict[str, str]:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{lab.bin}:{os.environ['PATH']}",
        "PYTHONPATH": str(_REPOSITORY),
        "KUBECONFIG": str(lab.kubeconfig),
        "ANSIBLE_CONFIG": str(_REPOSITORY / "ansible.cfg"),
        # Nodes of two labs have the same names, and are not to share a connection.
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(lab.folder / "cp"),
        "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callbacks"),
        "ANSIBLE_CALLBACKS_ENABLED": "moment",
    }
    own = ("ControlMaster=no", "ControlPath=none", *ssh) if ssh else _AS_ANSIBLE_CFG
    # The way to the machines stands here alone, as a person may have it: each connection needs it.
    words = ["-F", str(lab.ssh_config), *(f"-o{each}" for each in own)]
    environment["ANSIBLE_SSH_ARGS"] = " ".join(words)
    return environment


def _told(moment: Moment | None, roles: Path) -> dict[str, str]:
    told = {"MOMENT_ROLES": str(roles)}
    if moment:
        told |= {"MOMENT_AT": moment.role, "MOMENT_DO": moment.command}
        told |= {"MOMENT_IN_WORK": str(int(moment.in_work))}
    return told
