"""Output to closed pipes, full disks and closed streams, as shells set them up."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.kubectl_mc.manifests import a_file, machine_config, write

MC = Path(sys.executable).parent / "kubectl-mc"
COMMANDS = [
    pytest.param("validate -f good.yaml", id="validate"),
    pytest.param("validate -f good.yaml -o json", id="validate, as JSON"),
    pytest.param("cat worker /etc/a -f good.yaml", id="cat"),
    pytest.param("--help", id="help"),
]


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash; its exit code is the command's, whatever follows in a pipe."""
    script = f'set -o pipefail; kubectl-mc() {{ {MC} "$@"; }}; {line}'
    return subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture(autouse=True)
def manifests() -> None:
    write("good.yaml", machine_config(**a_file()))
    write("bad.yaml", machine_config(**a_file("/a")))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_reported_with_exit_code_2(command: str) -> None:
    result = shell(f"kubectl-mc {command} > /dev/full")

    message = "error: the output cannot be written: no space left on device\n"
    assert (result.returncode, result.stderr) == (2, message)


@pytest.mark.parametrize("command", COMMANDS[:-1])
def test_a_closed_output_is_reported_with_exit_code_2(command: str) -> None:
    result = shell(f"kubectl-mc {command} >&-")

    message = "error: the output cannot be written: it is closed\n"
    assert (result.returncode, result.stderr) == (2, message)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        pytest.param("validate -f good.yaml", 0, id="valid"),
        pytest.param("validate -f good.yaml -o json", 0, id="valid, as JSON"),
        pytest.param("validate -f bad.yaml", 1, id="invalid"),
        pytest.param("diff -f good.yaml --against good.yaml", 0, id="no difference"),
    ],
)
def test_a_closed_pipe_does_not_change_the_exit_code(command: str, code: int) -> None:
    # The pipe is surely closed once `true` has ended, which the sleep waits for.
    result = shell(f"(sleep 0.2; kubectl-mc {command}) | true")

    assert (result.returncode, result.stderr) == (code, "")


def test_a_closed_stderr_does_not_change_the_exit_code() -> None:
    assert shell("kubectl-mc validate -f nowhere 2>&-").returncode == 2
    assert shell("kubectl-mc validate -f nowhere 2>/dev/full").returncode == 2
    assert shell("kubectl-mc validate -f good.yaml 2>&-").returncode == 0


def test_a_closed_standard_input_is_reported() -> None:
    result = shell("kubectl-mc validate -f - <&-")

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("error: standard input is closed\n")


def test_a_process_substitution_is_read() -> None:
    result = shell("kubectl-mc validate -f <(cat good.yaml)")

    assert (result.returncode, result.stderr) == (0, "")
