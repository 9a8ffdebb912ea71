"""A check that cannot run reports no problem."""

from pathlib import Path

import pytest
from machineconfig_node.base import view
from machineconfig_node.base.view import AS_IT_IS, CheckUnavailableError, View


def test_the_output_of_a_tool_has_errors_first_and_no_empty_lines() -> None:
    said = AS_IT_IS.run("sh", "-c", "echo fine; echo; echo wrong >&2; exit 3")

    assert (said.failed, said.lines) == (True, ["wrong", "fine"])


def test_a_missing_tool_reports_no_problem() -> None:
    assert not AS_IT_IS.run("no-such-tool").failed


def test_a_tool_that_hangs_makes_the_check_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "SECONDS", 0.1)

    with pytest.raises(CheckUnavailableError, match="timed out"):
        AS_IT_IS.run("sleep", "60")


@pytest.mark.parametrize(
    "enter",
    [("/nowhere/nsenter",), ("sh", "-c", "echo sh: no such process >&2; exit 1")],
    ids=["no tool for it", "nothing to get into"],
)
def test_a_view_that_cannot_be_entered_makes_the_check_unavailable(enter: tuple[str, ...]) -> None:
    with pytest.raises(CheckUnavailableError):
        View(enter).run("true")


def test_a_file_is_read_and_found_by_name_or_pattern(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_text("text")

    assert AS_IT_IS.read(str(tmp_path / "a.conf")) == "text"
    assert AS_IT_IS.read(str(tmp_path / "b.conf")) == ""
    assert AS_IT_IS.has(str(tmp_path / "*.conf"))
    assert not AS_IT_IS.has(str(tmp_path / "b.conf"))


def test_a_program_that_cannot_run_in_the_view_is_a_failure_of_the_program() -> None:
    entered = "echo 'sh: failed to execute true: Exec format error' >&2; exit 126"

    result = View(("sh", "-c", entered)).run("true")

    assert result.failed
    assert result.lines == ["sh: failed to execute true: Exec format error"]
