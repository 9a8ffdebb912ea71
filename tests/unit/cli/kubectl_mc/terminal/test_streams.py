"""Where the output goes: readers that leave early, full disks, closed streams; as shells do it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.kubectl_mc.manifests import a_file, machine_config, write

MC = Path(sys.executable).parent / "kubectl-mc"
COMMANDS = [
    pytest.param("validate -f good.yaml", id="validate"),
    pytest.param("validate -f good.yaml -o json", id="for programs"),
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
def test_a_full_disk_is_told_in_one_line_and_ends_with_2(command: str) -> None:
    ended = shell(f"kubectl-mc {command} > /dev/full")

    said = "error: the output cannot be written: no space left on device\n"
    assert (ended.returncode, ended.stderr) == (2, said)


@pytest.mark.parametrize("command", COMMANDS[:-1])
def test_a_closed_output_is_told_in_one_line_and_ends_with_2(command: str) -> None:
    ended = shell(f"kubectl-mc {command} >&-")

    said = "error: the output cannot be written: it is closed\n"
    assert (ended.returncode, ended.stderr) == (2, said)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        pytest.param("validate -f good.yaml", 0, id="nothing wrong"),
        pytest.param("validate -f good.yaml -o json", 0, id="nothing wrong, for programs"),
        pytest.param("validate -f bad.yaml", 1, id="something wrong"),
        pytest.param("diff -f good.yaml --against good.yaml", 0, id="no difference"),
    ],
)
def test_a_reader_that_has_left_hides_no_verdict(command: str, code: int) -> None:
    # The pipe is broken for sure once `true` has ended, which the sleep waits for.
    ended = shell(f"(sleep 0.2; kubectl-mc {command}) | true")

    assert (ended.returncode, ended.stderr) == (code, "")


def test_what_is_wrong_is_the_verdict_even_where_nobody_can_be_told() -> None:
    assert shell("kubectl-mc validate -f nowhere 2>&-").returncode == 2
    assert shell("kubectl-mc validate -f nowhere 2>/dev/full").returncode == 2
    assert shell("kubectl-mc validate -f good.yaml 2>&-").returncode == 0


def test_a_closed_standard_input_is_told() -> None:
    ended = shell("kubectl-mc validate -f - <&-")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("error: standard input is closed\n")


def test_what_a_shell_pipes_under_a_name_is_read() -> None:
    ended = shell("kubectl-mc validate -f <(cat good.yaml)")

    assert (ended.returncode, ended.stderr) == (0, "")
