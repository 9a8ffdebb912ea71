"""Output on a terminal: the real command on a pseudo-terminal."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.kubectl_mc.manifests import a_file, machine_config, write

COMMAND = str(Path(sys.executable).parent / "kubectl-mc")


def on_terminal(*arguments: str, **variables: str) -> str:
    """Return the command's output on a terminal of 80 columns."""
    controller, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", **variables}
    with subprocess.Popen([COMMAND, *arguments], stdout=terminal, stderr=terminal, env=environment):
        os.close(terminal)
        shown = b""
        while chunk := _read(controller):
            shown += chunk
    os.close(controller)
    return shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other end of the pseudo-terminal is closed
        return b""


@pytest.fixture
def file() -> str:
    return write("a.yaml", machine_config("60-bad", **a_file("/a")))


def test_a_terminal_gets_colour_unless_the_environment_forbids_it(file: str) -> None:
    assert "\x1b[1;31merror\x1b[0m" in on_terminal("validate", "-f", file)
    assert "\x1b" not in on_terminal("validate", "-f", file, NO_COLOR="1")
    assert "\x1b" not in on_terminal("validate", "-f", file, TERM="dumb")


def test_cat_sends_no_control_characters_to_a_terminal() -> None:
    file = write("a.yaml", machine_config(**a_file(source="data:,%1B%5B2J")))

    shown = on_terminal("cat", "worker", "/etc/a", "-f", file, NO_COLOR="1")

    assert "/etc/a is not text" in shown
    assert "\x1b" not in shown
