"""After a failure a playbook runs only the roles that the failure requires."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_PLAYBOOKS = Path(__file__).parents[3] / "playbooks"
Task = dict[str, Any]
SETTLED: Task = {"ansible.builtin.set_fact": {"status_found": {"settled": True}}}
QUIET: Task = {"ansible.builtin.meta": "noop"}


def play(folder: Path, playbook: str, roles: dict[str, Task], **variables: object) -> list[str]:
    """Run a playbook whose roles are only these tasks, `ROLE/FILE`; return those that have run."""
    shutil.copy(_PLAYBOOKS / f"{playbook}.yml", folder)
    shutil.copytree(_PLAYBOOKS / "tasks", folder / "tasks")
    for name, task in roles.items():
        role, _, file = name.partition("/")
        tasks = folder / "roles" / role / "tasks"
        tasks.mkdir(parents=True, exist_ok=True)
        begins = {"name": f"taken {name}", "ansible.builtin.debug": {"msg": "it begins"}}
        # JSON is YAML.
        (tasks / f"{file or 'main'}.yml").write_text(json.dumps([begins, task]))
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("ansible-playbook")),
            *("--inventory=node,", "--connection=local"),
            f"--extra-vars={json.dumps({'ansible_become': False, **variables})}",
            str(folder / f"{playbook}.yml"),
        ],
        env={**os.environ, "ANSIBLE_LOCAL_TEMP": str(folder / "temporary")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return re.findall(r": taken (\S+)\]", done.stdout)


FAILING: Task = {"ansible.builtin.fail": {"msg": "no"}}
# The variable becomes part of the result.
NO_LOGIN: Task = {
    "ansible.builtin.debug": {"var": "login_fails"},
    "vars": {"login_fails": True},
    "failed_when": True,
}


@pytest.mark.parametrize("acts", [False, True], ids=["it only looks", "it acts"])
def test_a_restore_without_actions_leaves_a_cordon_alone(tmp_path: Path, *, acts: bool) -> None:
    roles = {
        "restore/preview": FAILING,
        "report": QUIET,
        "report/record": SETTLED,
        "uncordon": QUIET,
    }

    taken = play(tmp_path, "restore", roles, restore_actions=acts)

    assert ("uncordon" in taken) is acts
    assert taken[-1] == "report"


@pytest.mark.parametrize(
    ("playbook", "begins"), [("update", "preflight"), ("restore", "restore/preview")]
)
def test_a_failed_login_is_probed_once_more_and_not_twice(
    tmp_path: Path, playbook: str, begins: str
) -> None:
    roles = {begins: NO_LOGIN, "report": QUIET, "report/record": SETTLED, "uncordon": QUIET}

    assert play(tmp_path, playbook, roles, restore_actions=True) == [begins, "report"]
