"""What a terminal is given, as against a pipe: the real command on a real pseudo-terminal."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.kubectl_mc.manifests import a_file, machine_config, write

COMMAND = str(Path(sys.executable).parent / "kubectl-mc")


def on_terminal(*words: str, **variables: str) -> str:
    """Return what the command shows on a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", **variables}
    with subprocess.Popen([COMMAND, *words], stdout=theirs, stderr=theirs, env=environment):
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
    os.close(ours)
    return shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # how a pseudo-terminal says that nobody writes any more
        return b""


@pytest.fixture
def file() -> str:
    return write("a.yaml", machine_config("60-bad", **a_file("/a")))


def test_a_terminal_gets_colour_unless_it_is_asked_not_to_have_it(file: str) -> None:
    assert "\x1b[1;31merror\x1b[0m" in on_terminal("validate", "-f", file)
    assert "\x1b" not in on_terminal("validate", "-f", file, NO_COLOR="1")
    assert "\x1b" not in on_terminal("validate", "-f", file, TERM="dumb")


def test_cat_does_not_send_a_terminal_what_it_would_obey() -> None:
    file = write("a.yaml", machine_config(**a_file(source="data:,%1B%5B2J")))

    shown = on_terminal("cat", "worker", "/etc/a", "-f", file, NO_COLOR="1")

    assert "/etc/a is no text" in shown
    assert "\x1b" not in shown
