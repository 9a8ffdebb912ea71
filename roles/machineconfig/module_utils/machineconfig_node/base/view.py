"""The node as a check sees it: as it is, or as it will stand."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import sys

SECONDS = 30
# The same words whoever logs in, and the tools that only root is shown.
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C",
}
_FIND = "import glob, sys; sys.exit(not glob.glob(sys.argv[1]))"


class CheckUnavailableError(Exception):
    """A check could not be made, which says nothing about what it was to check."""


@dataclasses.dataclass(frozen=True)
class ToolResult:
    """How a tool ended, and the lines that it printed, errors first."""

    code: int
    lines: list[str]

    @property
    def failed(self) -> bool:
        """Whether the tool found something wrong."""
        return self.code != 0


@dataclasses.dataclass(frozen=True)
class View:
    """Where checks look: `enter` are the words before each of their commands."""

    enter: tuple[str, ...] = ()

    def run(self, tool: str, *words: str) -> ToolResult:
        """What a tool says there; one that is not installed finds nothing wrong."""
        program = shutil.which(tool, path=ENVIRONMENT["PATH"])
        if program is None:
            return ToolResult(code=0, lines=[])
        done = self._run([program, *words])
        lines = [line.strip() for line in (done.stderr + done.stdout).splitlines()]
        return ToolResult(code=done.returncode, lines=[line for line in lines if line])

    def read(self, path: str) -> str:
        """The text of a file; empty where there is none."""
        return self._run(["cat", "--", path]).stdout

    def has(self, pattern: str) -> bool:
        """Whether there is a file of this path, which may be a pattern as the shell has them."""
        words = [sys.executable, "-I", "-S", "-c", _FIND, pattern]
        return self._run(words).returncode == 0

    def _run(self, words: list[str]) -> subprocess.CompletedProcess[str]:
        try:
            done = subprocess.run(
                [*self.enter, *words],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                env=ENVIRONMENT,
                timeout=SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CheckUnavailableError(str(error)) from error
        # What does not even get in has not looked at anything.
        if self.enter and done.stderr.startswith(f"{self.enter[0]}:"):
            raise CheckUnavailableError(done.stderr.strip())
        return done


AS_IT_IS = View()
