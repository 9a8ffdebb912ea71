"""The commands in docs/break-glass.md print what the page shows."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab import Lab
from tests.machines.clean_lab import make_pristine

_ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
_NODES = {"worker-1": "w-1", "worker-2": "w-2"}
# Values that differ in each run: times, serials, runs and boots.
_PASSING = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC|serial \d+|by-hand-[-\d]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-\w+"
)


@dataclass(frozen=True)
class Step:
    """A command of the page, and the lines that it should print; `…` stands for other lines."""

    command: str
    shown: tuple[str, ...]


def steps(text: str) -> Iterator[Step]:
    for block in _BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.rstrip().splitlines()
            yield Step(command, tuple(line for line in shown if line != "…"))


STEPS = tuple(steps((_ROOT / "docs/break-glass.md").read_text(encoding="utf-8")))


@pytest.fixture
def clone(lab: Lab, tmp_path: Path) -> Path:
    """A directory like a clone, from which ssh finds the nodes by the names on the page."""
    for name in ("ansible.cfg", "docs", "playbooks", "roles"):
        (tmp_path / name).symlink_to(_ROOT / name)
    configuration = lab.ssh_config.read_text(encoding="utf-8")
    for shown, real in _NODES.items():
        configuration = configuration.replace(f"Host {real}\n", f"Host {shown}\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/config").write_text(configuration, encoding="utf-8")
    ssh = tmp_path / "bin/ssh"
    ssh.write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F {tmp_path}/bin/config "$@"\n')
    ssh.chmod(0o755)
    return tmp_path


@pytest.fixture
def _new_machines(lab: Lab) -> Iterator[None]:
    """Nodes without any config, which are reset afterwards."""
    make_pristine(lab, _NODES.values())
    yield
    make_pristine(lab, _NODES.values())


def test_the_page_has_commands_to_run_and_outputs_to_compare() -> None:
    assert len(STEPS) > 10
    assert any(step.shown for step in STEPS)


@pytest.mark.usefixtures("_new_machines")
def test_every_command_of_the_page_works_without_an_api_server(
    lab: Lab, clone: Path, subtests: pytest.Subtests
) -> None:
    for step in STEPS:
        done = _run(step.command, clone, lab)
        with subtests.test(step.command):
            assert done.returncode == 0, done.stdout[-2000:]
            assert _missing(step.shown, done.stdout) == [], done.stdout[-2000:]


def _run(command: str, clone: Path, lab: Lab) -> "subprocess.CompletedProcess[str]":
    """Run a command like a user without a kubeconfig."""
    programs = [clone / "bin", Path(sys.executable).parent, lab.bin]
    environment = {
        **os.environ,
        "PATH": ":".join([*map(str, programs), os.environ["PATH"]]),
        "PYTHONPATH": str(_ROOT),
        "KUBECONFIG": str(clone / "none"),
        # Nodes of two labs have the same names, and must not share a connection.
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(lab.folder / "cp"),
    }
    return subprocess.run(
        ["bash", "-c", command],
        cwd=clone,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _missing(shown: tuple[str, ...], printed: str) -> list[str]:
    """Return the first line that was not printed where it is shown, after the previous ones."""
    lines = iter(map(_lasting, printed.splitlines()))
    return next(([line] for line in shown if _lasting(line) not in lines), [])


def _lasting(line: str) -> str:
    return _PASSING.sub("…", line.rstrip())
