"""The process that calls ansible-runner; its guard has forked it, and ends it.

It says on standard output, a JSON object a line, what the run comes to.
"""

import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import Final

import ansible_runner

from controller.api.json_object import Json
from controller.execution import shortage
from controller.execution.untrusted_text import sanitize

_OURS: Final = "machineconfig"
_DRAIN: Final = "drain"
_LONGEST_LINE: Final = 2**20  # characters; a check tells of some hundred differences in a tenth


def main(folder: Path, playbook: Path) -> None:
    """Run `playbook` on the inventory in `folder`."""
    policy, pool = folder / "policy.json", folder / "pool.json"
    variables = json.loads((folder / "variables.json").read_text())
    if policy.exists():
        variables["policy"] = str(policy)
    if pool.exists():
        variables["pool"] = str(pool)
    ansible_runner.run(
        private_data_dir=str(folder),
        ident="run",
        inventory=str(folder / "inventory.yml"),
        playbook=str(playbook),
        extravars=variables,
        envvars=_environment(folder),
        event_handler=partial(_report, folder),
        fact_cache_type="memory",
        quiet=True,
    )


def _environment(folder: Path) -> dict[str, str]:
    return {
        # ansible-runner turns it off, and Ansible's option beats ssh's own.
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        # A node answers with what it likes; none of it may become a variable.
        "ANSIBLE_INJECT_FACT_VARS": "False",
        "ANSIBLE_PIPELINING": "True",
        # Of a check of many nodes: most of the time of each is spent in waiting for it.
        "ANSIBLE_FORKS": "20",
        # All that is ever written goes with the folder.
        "ANSIBLE_HOME": str(folder / "tmp"),
        "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
        "TMPDIR": str(folder / "tmp"),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(folder / "cp"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }


def _report(folder: Path, event: Json) -> bool:
    """Say what an event means; False keeps ansible-runner from writing it to a file."""
    line = _line(event["event"], event.get("event_data", {}))
    if line and "cause" in line and (short := shortage.found(folder)):
        line["short"] = short
    if line:
        print(_harmless(line), flush=True)  # noqa: T201 - this process' one interface
    return False


def _harmless(line: Json) -> str:
    """The line as JSON; what a node has found is not believed at any length."""
    if "node" not in line:
        return json.dumps(line)
    text = json.dumps(sanitize(line))
    return text if len(text) <= _LONGEST_LINE else json.dumps(sanitize({**line, "found": {}}))


def _line(kind: str, data: Json) -> Json | None:
    node, role, result = data.get("host"), data.get("role", ""), data.get("res") or {}
    if kind == "playbook_on_task_start":
        return {"role": role} if role else None
    if kind == "playbook_on_stats":
        return {"stats": {key: data.get(key, {}) for key in ("processed", "failures", "dark")}}
    if kind == "runner_on_ok" and (said := _said(data.get("task_action", ""), result)):
        return {"node": node, "role": role, **said}
    if kind == "runner_on_failed" and not data.get("ignore_errors"):
        return {
            "node": node,
            "role": role,
            "action": data.get("task_action", ""),
            "cause": _cause(result),
            "remedy": _remedy(result),
            "fence": _fence(result),
            **({"restored": True} if result.get("restored") else {}),
            **_blocked(data.get("task_action", ""), result),
        }
    if kind == "runner_on_unreachable":
        told = {"cause": _cause(result), "remedy": _remedy(result)}
        return {"node": node, "role": role, **told, "unreachable": True}
    return None


def _said(action: str, result: Json) -> Json:
    """What a task that went well has found, or goes on to wait for."""
    if action.startswith(_OURS):
        return {"found": _without_arguments(result)}
    return {"blocked_by": result["blockers"]} if action == _DRAIN and result.get("goes_on") else {}


def _without_arguments(result: Json) -> Json:
    return {key: value for key, value in result.items() if key != "invocation"}


def _cause(result: Json) -> str:
    """The cause in a line: our modules' own, else a command's last words, else the message."""
    candidates = (str(result.get(key) or "").strip() for key in ("cause", "stderr", "msg"))
    words = next(filter(None, candidates), "no reason given")
    return words.splitlines()[-1]


def _remedy(result: Json) -> str:
    return str(result.get("remedy") or "")


def _fence(result: Json) -> int:
    """The record's fencing number, where it refused ours."""
    number = result.get("fence")
    return number if isinstance(number, int) else 0


def _blocked(action: str, result: Json) -> Json:
    """What a drain waits for, and whether the node is given back for it."""
    if action != _DRAIN:
        return {}
    return {key: result[key] for key in ("blockers", "gives_back") if key in result}
