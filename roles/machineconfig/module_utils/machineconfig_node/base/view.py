"""Runs the commands of checks on the node as it is, or as it will be after a change."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import sys
from typing import Mapping

SECONDS = 30
# The same output for every login, and the tools that only root has in its PATH.
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C",
}
_NOTHING: Mapping[str, str] = {}
_FIND = "import glob, sys; sys.exit(not glob.glob(sys.argv[1]))"


class CheckUnavailableError(Exception):
    """A check could not run, so its result is unknown."""


@dataclasses.dataclass(frozen=True)
class ToolResult:
    """The exit code of a tool, and the lines that it printed, stderr first."""

    code: int
    lines: list[str]

    @property
    def failed(self) -> bool:
        """Whether the tool reported a problem."""
        return self.code != 0


@dataclasses.dataclass(frozen=True)
class View:
    """The node that checks run on: `enter` is the prefix of each of their commands."""

    enter: tuple[str, ...] = ()

    def run(self, tool: str, *words: str, environment: Mapping[str, str] = _NOTHING) -> ToolResult:
        """Return the result of a tool; one that is not installed reports no problem.

        `environment` is added to that of all tools.
        """
        program = shutil.which(tool, path=ENVIRONMENT["PATH"])
        if program is None:
            return ToolResult(code=0, lines=[])
        done = self._run([program, *words], environment)
        lines = [line.strip() for line in (done.stderr + done.stdout).splitlines()]
        return ToolResult(code=done.returncode, lines=[line for line in lines if line])

    def read(self, path: str) -> str:
        """Return the text of a file; empty if there is none."""
        return self._run(["cat", "--", path]).stdout

    def has(self, pattern: str) -> bool:
        """Whether a file with this path exists; the path may be a shell pattern."""
        words = [sys.executable, "-I", "-S", "-c", _FIND, pattern]
        return self._run(words).returncode == 0

    def _run(
        self, words: list[str], environment: Mapping[str, str] = _NOTHING
    ) -> subprocess.CompletedProcess[str]:
        try:
            done = subprocess.run(
                [*self.enter, *words],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                env={**ENVIRONMENT, **environment},
                timeout=SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CheckUnavailableError(str(error)) from error
        # The command that enters the namespace failed, so the check did not run.
        if self.enter and done.stderr.startswith(f"{self.enter[0]}:") and not _entered(done.stderr):
            raise CheckUnavailableError(done.stderr.strip())
        return done


def _entered(error: str) -> bool:
    """Whether the namespace was entered, and only the program cannot be executed in it."""
    return ": failed to execute " in error


AS_IT_IS = View()
