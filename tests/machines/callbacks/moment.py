"""An Ansible callback that runs a command at a given moment of a run.

The moment is the first task of a role that does something. Each role is appended to `MOMENT_ROLES`.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):  # type: ignore[misc] # untyped
    """Run the command in `MOMENT_DO` when the role `MOMENT_AT` begins, or begins its work."""

    CALLBACK_VERSION = 2.0
    CALLBACK_NAME = "moment"

    def __init__(self) -> None:
        """Read the moment from the environment."""
        super().__init__()
        self._at = os.environ.get("MOMENT_AT")
        self._in_work = os.environ.get("MOMENT_IN_WORK", "") == "1"

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:  # noqa: ANN401, FBT001 - Ansible's
        """Append the role; before its work, no worker process exists."""
        del is_conditional
        role = _role(task)
        if role:
            with Path(os.environ["MOMENT_ROLES"]).open("a", encoding="utf-8") as roles:
                roles.write(f"{role}\n")
        if role == self._at and not self._in_work:
            self._do()

    def v2_runner_on_start(self, host: Any, task: Any) -> None:  # noqa: ANN401 - same
        """Act when a worker process has started."""
        del host
        if _role(task) == self._at and self._in_work and "argument" not in task.action:
            self._do()

    def _do(self) -> None:
        self._at = None
        subprocess.run(os.environ["MOMENT_DO"], shell=True, check=False)  # noqa: S602 - a test's line


def _role(task: Any) -> str:  # noqa: ANN401 - same
    role = task._role  # noqa: SLF001 - Ansible has no other way to ask
    return str(role.get_name()) if role else ""
