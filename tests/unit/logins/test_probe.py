"""The answer of a login is found whatever its profile prints around it."""

import subprocess
import sys

import pytest

from controller.logins import probe
from controller.logins.probe import Answer, Python

QUIET = """\
machineconfig-login user admin
machineconfig-login python /usr/bin/python3 3.11 complete
machineconfig-login end
"""
WHOLE = Python("/usr/bin/python3", (3, 11), complete=True)


def read(printed: str, errors: str = "") -> Answer:
    return probe.read(printed, errors, "user")


def test_the_answer_contains_the_user_and_the_pythons() -> None:
    assert read(QUIET) == Answer(answered=True, user="admin", pythons=(WHOLE,))


def test_a_banner_is_not_taken_for_the_answer() -> None:
    found = read(f"Welcome!\n{QUIET}")

    assert (found.answered, found.output) == (True, "Welcome!")


def test_errors_beside_an_answer_are_not_taken_for_output() -> None:
    assert not read(QUIET, "debug1: something").output


@pytest.mark.parametrize(
    ("printed", "errors", "words"),
    [
        pytest.param("", "", "", id="no output"),
        pytest.param("This account is currently not available.\n", "", "This account is", id="out"),
        pytest.param("", "Password change required.\n", "Password change", id="err"),
        pytest.param("machineconfig-login\n", "", "", id="a mark alone"),
    ],
)
def test_a_shell_that_runs_no_command_has_not_answered(
    printed: str, errors: str, words: str
) -> None:
    found = read(printed, errors)

    assert not found.answered
    assert found.user == "user"
    assert found.output.startswith(words)


@pytest.mark.parametrize(
    ("line", "python"),
    [
        pytest.param("/p 3.11 complete", Python("/p", (3, 11), complete=True), id="a good one"),
        pytest.param("/p 3.11", Python("/p", (3, 11)), id="a minimal one"),
        pytest.param("/p", Python("/p"), id="one that does not run"),
        pytest.param("/p usage: config", Python("/p"), id="one that is none"),
    ],
)
def test_each_interpreter_has_its_version_and_whether_it_is_complete(
    line: str, python: Python
) -> None:
    assert read(f"{QUIET}machineconfig-login python {line}\n").pythons == (WHOLE, python)


def test_the_error_of_writing_a_temporary_file_is_kept() -> None:
    found = read(f"{QUIET}machineconfig-login temporary mktemp: Read-only file system\n")

    assert found.temporary == "mktemp: Read-only file system"


def test_an_endless_line_is_cut() -> None:
    assert len(read("x" * 100_000).output) < 1000


def answer(python: str, before: str = "", **environment: str) -> Answer:
    """Return what this machine's own shell answers to the script."""
    done = subprocess.run(
        ["/bin/sh", "-c", f"{before}\n{probe.script(python)}"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", **environment},
    )
    return probe.read(done.stdout, done.stderr, "user")


def test_a_real_shell_answers_the_script() -> None:
    found = answer(sys.executable)

    assert found.answered
    assert not found.temporary
    assert found.pythons[0] == Python(sys.executable, sys.version_info[:2], complete=True)
    assert not found.output


def test_csh_can_quote_the_script() -> None:
    # It ends a quoted text at a newline, and looks for its history behind an exclamation mark.
    assert not {"\n", "!"} & set(probe.script(sys.executable))


def test_a_path_in_the_script_is_one_word() -> None:
    found = answer("/nowhere; echo hacked")

    assert found.answered
    assert not found.output


def test_one_folder_for_temporary_files_is_enough() -> None:
    assert not answer(sys.executable, TMPDIR="/nowhere").temporary


def test_a_real_shell_reports_that_no_temporary_file_can_be_written() -> None:
    assert answer(sys.executable, before="ulimit -f 1").temporary
