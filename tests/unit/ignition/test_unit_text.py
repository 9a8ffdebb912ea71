"""Unit text: its options, and the texts that Ignition refuses."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.ignition import UnitOption, UnitSyntaxError, parse_unit


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("", []),
        ("[Unit]\n", []),
        ("A=b", []),
        ("[Unit]\r\nA = b \r\n", [("Unit", "A", "b")]),
        ("[Unit]\n# A=b\n; C=d\nE=f", [("Unit", "E", "f")]),
        ("[Unit]\nA=b # c", [("Unit", "A", "b # c")]),
        (
            "[Service]\nExecStart=/bin/sh \\\n  -c true\nA=",
            [
                ("Service", "ExecStart", "/bin/sh \\\n  -c true"),
                ("Service", "A", ""),
            ],
        ),
        ("[Unit]\nA=b\\", [("Unit", "A", "b\\")]),
        ("[Unit]\n# swallows \\\nA=b\nC=d", [("Unit", "C", "d")]),
        ("[Unit]\nA=b\\ \nC=d", [("Unit", "A", "b\\"), ("Unit", "C", "d")]),
    ],
)
def test_options_are_read_with_their_section(
    text: str, options: list[tuple[str, str, str]]
) -> None:
    assert list(parse_unit(text)) == [UnitOption(*option) for option in options]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[Unit", "unable to find end of section"),
        ("[Unit] A=b", 'found garbage after section name : "A=b"'),
        ("[Unit] \\\x1b", r'found garbage after section name : "\\\x1b"'),
        ("[Unit]\nA", "EOF"),
        ("[Unit]\nA\n", "unexpected newline encountered while parsing option name"),
        ("[Unit]\nA=" + "x" * 5000, "line too long"),
        ("x" * 5000, "line too long"),
    ],
)
def test_text_that_ignition_refuses_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(UnitSyntaxError) as refused:
        parse_unit(text)
    assert str(refused.value).startswith(reason)


def test_a_long_line_is_accepted_where_the_lexer_does_not_detect_it() -> None:
    assert parse_unit("[Unit]\n" + "A=b\n" * 1000 + "C=" + "x" * 2000 + "\n")


@given(st.text(st.characters()) | st.text("[]=#;\\\n\r aé\ud800", max_size=50))
def test_no_text_raises_another_error(text: str) -> None:
    for unit in (text, f"[Unit]\n{text}"):
        with suppress(UnitSyntaxError):
            parse_unit(unit)
