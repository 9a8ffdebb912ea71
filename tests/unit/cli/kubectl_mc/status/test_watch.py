"""`kubectl mc status --watch`: looking again, and what becomes of what was shown before."""

import io
import json
import sys
from collections.abc import Iterator
from itertools import islice

import pytest
from rich.console import Console
from rich.live import Live

from controller.cli.kubectl_mc.arguments.selection import Chosen
from controller.cli.kubectl_mc.cluster import polling
from controller.cli.kubectl_mc.cluster.leadership import Leadership
from controller.cli.kubectl_mc.status import watch_view
from controller.cli.kubectl_mc.status.overview import Standing
from controller.cli.kubectl_mc.status.watch_view import Appended, Documents, Redrawn
from controller.cli.kubectl_mc.terminal.console import Output
from controller.cli.kubectl_mc.terminal.errors import UnseenError
from controller.planning.node import Node
from tests.unit.cli.kubectl_mc.clusters import snapshot
from tests.unit.planning.build import NEW, done, node, working

AWAY = UnseenError("the cluster could not be asked", "look at it")


def standing(*nodes: Node) -> Standing:
    return Standing.of(snapshot(*nodes), Chosen(pools=frozenset({"worker"})), Leadership())


BEFORE, AFTER = standing(node("w-1", working())), standing(node("w-1", done(NEW)))


def test_it_looks_again_also_where_the_api_server_was_away(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    answers: Iterator[str | UnseenError] = iter(["second", AWAY, "fourth"])

    def look() -> str:
        answer = next(answers)
        if isinstance(answer, UnseenError):
            raise answer
        return answer

    seen = list(islice(polling.looks("first", look), 4))

    assert seen == ["first", "second", AWAY, "fourth"]
    assert pauses == [2, 2, 2]


def test_in_a_pipe_what_is_new_is_added_below(capsys: pytest.CaptureFixture[str]) -> None:
    painter = Appended()

    assert painter.show(BEFORE)
    assert "w-1    worker   Working   Drain" in capsys.readouterr().out
    painter.show(BEFORE)
    assert capsys.readouterr().out == ""
    painter.show(AFTER)
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("w-1    worker   Done ")


def test_a_trouble_that_lasts_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    painter = Appended()
    painter.show(BEFORE)
    capsys.readouterr()

    painter.trouble(AWAY)
    painter.trouble(AWAY)
    assert capsys.readouterr().err.count("could not be asked") == 1
    painter.show(BEFORE)
    painter.trouble(AWAY)
    assert capsys.readouterr().err.count("could not be asked") == 1


def test_programs_get_a_document_for_each_change(capsys: pytest.CaptureFixture[str]) -> None:
    painter = Documents(Output.JSON)

    for each in (BEFORE, BEFORE, AFTER):
        painter.show(each)

    text = capsys.readouterr().out
    first, end = json.JSONDecoder().raw_decode(text)
    second = json.loads(text[end:])
    assert [each["nodes"][0]["state"] for each in (first, second)] == ["Working", "Done"]


def test_documents_in_yaml_are_parted(capsys: pytest.CaptureFixture[str]) -> None:
    painter = Documents(Output.YAML)

    for each in (BEFORE, AFTER):
        painter.show(each)

    assert capsys.readouterr().out.count("---\n") == 1


def test_a_terminal_keeps_what_was_seen_last_above_why_nothing_is_seen() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=200, color_system=None)

    with Redrawn(Live(console=console, auto_refresh=False)) as painter:
        painter.show(BEFORE)
        once = screen.getvalue()
        painter.trouble(AWAY)

    again = screen.getvalue().removeprefix(once)
    assert "w-1    worker   Working   Drain" in once
    assert "\x1b[" in again, "it goes back over what it had drawn"
    assert again.index("w-1 ") < again.index("error: the cluster could not be asked")


def test_only_a_terminal_that_can_go_back_is_redrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    def chosen(term: str, *, terminal: bool, output: Output | None = None) -> type:
        monkeypatch.setenv("TERM", term)
        monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
        with watch_view.painter(output) as painter:
            return type(painter)

    assert chosen("xterm", terminal=False) is Appended
    assert chosen("dumb", terminal=True) is Appended
    assert chosen("xterm", terminal=True, output=Output.JSON) is Documents
    assert chosen("xterm", terminal=True) is Redrawn
