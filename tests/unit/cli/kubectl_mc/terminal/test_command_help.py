"""The help of commands."""

import pytest

from tests.unit.cli.kubectl_mc.conftest import Run


@pytest.mark.parametrize(
    ("command", "arguments"),
    [("create", "NAME"), ("adopt", "NODE PATH..."), ("status", "[POOL|NODE]..."), ("diff", "")],
)
def test_arguments_are_shown_in_the_usual_notation(mc: Run, command: str, arguments: str) -> None:
    shown = mc(command, "--help").stdout

    assert shown.splitlines()[0].endswith(f" {command} [OPTIONS] {arguments}".rstrip())
    assert "<" not in shown.partition("Options:")[0]


@pytest.mark.parametrize(
    ("command", "shown"), [("pause", False), ("resume", False), ("plan", True)]
)
def test_the_boot_user_is_shown_where_it_matters(mc: Run, command: str, *, shown: bool) -> None:
    assert ("--boot-user" in mc(command, "--help").stdout) == shown
