"""The process that calls ansible-runner; its guard has forked it, and ends it.

It writes the messages of the run to standard output.
"""

import json
import os
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import ansible_runner

from controller.api.json_object import Json
from controller.execution import shortage
from controller.execution.ansible_events import message_of
from controller.execution.messages import (
    Answered,
    Failed,
    Message,
    PlaybookEnded,
    TaskStarted,
    encode,
)
from controller.execution.untrusted_text import sanitize

_LONGEST_LINE: Final = 2**20  # characters; a check with some hundred differences needs a tenth


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
        # ansible-runner turns it off, and Ansible's option overrides that of ssh.
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        # The answer of a node is untrusted: none of it may become a variable.
        "ANSIBLE_INJECT_FACT_VARS": "False",
        "ANSIBLE_PIPELINING": "True",
        # For checks of many nodes, of which each mostly waits for its node.
        "ANSIBLE_FORKS": "20",
        # All files of a run are in its folder, and deleted with it.
        "ANSIBLE_HOME": str(folder / "tmp"),
        "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
        "TMPDIR": str(folder / "tmp"),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(folder / "cp"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }


def _report(folder: Path, event: Json) -> bool:
    """Print what an event means; False keeps ansible-runner from writing it to a file."""
    message = message_of(event["event"], event.get("event_data", {}))
    if isinstance(message, Failed) and (short := shortage.detect(folder)):
        message = replace(message, shortage=short)
    if message:
        print(line_of(message), flush=True)  # noqa: T201 - the one interface of this process
    return False


def line_of(message: Message) -> str:
    """Return the line for a message, with the text of nodes made harmless."""
    if isinstance(message, TaskStarted | PlaybookEnded):
        return json.dumps(encode(message))
    text = json.dumps(sanitize(encode(message)))
    if isinstance(message, Answered) and len(text) > _LONGEST_LINE:
        return line_of(replace(message, answer={}))
    return text
