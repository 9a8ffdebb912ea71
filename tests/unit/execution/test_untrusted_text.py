"""Text from a node is shown on terminals: it is harmless, in one line, and of limited length."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.execution.untrusted_text import LONGEST, sanitize, sanitize_line

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
    max_leaves=20,
)


def texts(value: Any) -> list[str]:  # noqa: ANN401 - any JSON value
    """Return every text in a value, keys included."""
    if isinstance(value, dict):
        return [each for pair in value.items() for part in pair for each in texts(part)]
    if isinstance(value, list | tuple):
        return [each for part in value for each in texts(part)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("disk full", "disk full", id="plain words"),
        pytest.param("a\nb\tc\r\nd", "a b c d", id="several lines"),
        pytest.param("\x1b[2J\x1b[31mgone", r"\x1b[2J\x1b[31mgone", id="an escape sequence"),
        pytest.param("\x9b31m", r"\x9b31m", id="an escape sequence in one character"),
        pytest.param("\x07\x08\x7f\x00", r"\x07\x08\x7f\x00", id="bell, backspace, delete, nul"),
        pytest.param("a\u202egnp.exe", r"a\u202egnp.exe", id="text from right to left"),
        pytest.param("a\u2066b\u2069", r"a\u2066b\u2069", id="text apart"),
        pytest.param("a\u200bb\ufeff", r"a\u200bb\ufeff", id="what has no width"),
        pytest.param("\U000e0041", r"\U000e0041", id="a tag"),
        pytest.param("\udc80", r"\udc80", id="half a character"),
        pytest.param(
            "/\u0435tc/p\u0430sswd", r"/\u0435tc/p\u0430sswd", id="Cyrillic in a Latin word"
        ),
        pytest.param("\u2215etc\uff0fpasswd", r"\u2215etc\uff0fpasswd", id="other slashes"),
        pytest.param("\uff52oot", r"\uff52oot", id="wide letters"),
        pytest.param("a…", "a…", id="a cut"),
        pytest.param("/etc/größe", "/etc/größe", id="letters of a Latin alphabet"),
        pytest.param("диск полон", "диск полон", id="another alphabet"),
        pytest.param("磁盘已满", "磁盘已满", id="another script"),
    ],
)
def test_text_that_could_deceive_a_reader_is_escaped(text: str, shown: str) -> None:
    assert sanitize_line(text) == shown


def test_a_long_text_is_cut_visibly() -> None:
    assert sanitize_line("a" * 10 * LONGEST) == "a" * (LONGEST - 1) + "…"
    assert len(sanitize_line("\x1b" * 10 * LONGEST)) == LONGEST


@given(answer=ANYTHING)
def test_every_text_becomes_printable_in_one_line_of_limited_length(answer: Any) -> None:  # noqa: ANN401 - any JSON value
    found = sanitize(answer)

    assert all(each.isprintable() and len(each) <= LONGEST for each in texts(found))
    json.dumps(found)


def test_depth_and_number_of_values_are_limited() -> None:
    deep: list[Any] = []
    for _ in range(500):
        deep = [deep]

    assert len(json.dumps(sanitize(deep))) < 100
    assert len(sanitize(list(range(10**5)))) == 1000
    assert len(sanitize(dict.fromkeys(map(str, range(10**5))))) == 1000
