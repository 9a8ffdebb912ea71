"""`kubectl mc status --watch` reads the cluster again, and shows what changed."""

import io
import json
import sys
from collections.abc import Iterator
from itertools import islice

import pytest
from rich.console import Console
from rich.live import Live

from controller.cli.kubectl_mc.arguments.selection import Selection
from controller.cli.kubectl_mc.cluster import polling
from controller.cli.kubectl_mc.cluster.leadership import Leadership
from controller.cli.kubectl_mc.status.overview import Overview
from controller.cli.kubectl_mc.status.watch_view import (
    AppendView,
    DocumentView,
    LiveView,
    watch_view,
)
from controller.cli.kubectl_mc.terminal.documents import Output
from controller.cli.kubectl_mc.terminal.errors import UnavailableError
from controller.planning.node import Node
from tests.unit.cli.kubectl_mc.clusters import snapshot
from tests.unit.planning.build import NEW, done, node, working

AWAY = UnavailableError("the cluster cannot be read", "check it")


def overview(*nodes: Node) -> Overview:
    return Overview.of(snapshot(*nodes), Selection(pools=frozenset({"worker"})), Leadership())


BEFORE, AFTER = overview(node("w-1", working())), overview(node("w-1", done(NEW)))


def test_polling_continues_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    answers: Iterator[str | UnavailableError] = iter(["second", AWAY, "fourth"])

    def read() -> str:
        answer = next(answers)
        if isinstance(answer, UnavailableError):
            raise answer
        return answer

    observed = list(islice(polling.poll("first", read), 4))

    assert observed == ["first", "second", AWAY, "fourth"]
    assert pauses == [2, 2, 2]


def test_in_a_pipe_changes_are_appended(capsys: pytest.CaptureFixture[str]) -> None:
    view = AppendView()

    assert view.show(BEFORE)
    assert "w-1    worker   Working   Drain" in capsys.readouterr().out
    view.show(BEFORE)
    assert capsys.readouterr().out == ""
    view.show(AFTER)
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("w-1    worker   Done ")


def test_an_error_that_lasts_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    view = AppendView()
    view.show(BEFORE)
    capsys.readouterr()

    view.report_error(AWAY)
    view.report_error(AWAY)
    assert capsys.readouterr().err.count("cannot be read") == 1
    view.show(BEFORE)
    view.report_error(AWAY)
    assert capsys.readouterr().err.count("cannot be read") == 1


def test_with_o_a_document_is_printed_for_each_change(capsys: pytest.CaptureFixture[str]) -> None:
    view = DocumentView(Output.JSON)

    for each in (BEFORE, BEFORE, AFTER):
        view.show(each)

    text = capsys.readouterr().out
    first, end = json.JSONDecoder().raw_decode(text)
    second = json.loads(text[end:])
    assert [each["nodes"][0]["state"] for each in (first, second)] == ["Working", "Done"]


def test_yaml_documents_are_separated(capsys: pytest.CaptureFixture[str]) -> None:
    view = DocumentView(Output.YAML)

    for each in (BEFORE, AFTER):
        view.show(each)

    assert capsys.readouterr().out.count("---\n") == 1


def test_a_terminal_keeps_the_last_overview_above_an_error() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=200, color_system=None)

    with LiveView(Live(console=console, auto_refresh=False)) as view:
        view.show(BEFORE)
        once = screen.getvalue()
        view.report_error(AWAY)

    again = screen.getvalue().removeprefix(once)
    assert "w-1    worker   Working   Drain" in once
    assert "\x1b[" in again, "it moves the cursor back"
    assert again.index("w-1 ") < again.index("error: the cluster cannot be read")


def test_only_a_terminal_with_cursor_movement_is_redrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    def view_for(term: str, *, terminal: bool, output: Output | None = None) -> type:
        monkeypatch.setenv("TERM", term)
        monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
        with watch_view(output) as view:
            return type(view)

    assert view_for("xterm", terminal=False) is AppendView
    assert view_for("dumb", terminal=True) is AppendView
    assert view_for("xterm", terminal=True, output=Output.JSON) is DocumentView
    assert view_for("xterm", terminal=True) is LiveView
