"""The fast JSON reader and the one for deep nesting agree."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.ignition.syntax.json_text import JSON, JSONSyntaxError, read_json, read_tokens, scan

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
NEAR_JSON = st.lists(
    st.sampled_from(
        [
            *'{}[]:," \n\\',
            *("1", "-", "0", ".5", "e9", "1e2", "-0", "1.0", "0x1", "1" * 30, "NaN", "Infinity"),
            *(
                "true",
                "null",
                '"a"',
                '"a":',
                '"\\u00e9"',
                '"\\ud800"',
                '"\\x"',
                '"\t"',
                "\x00",
                "é",
            ),
        ]
    ),
    max_size=12,
).map("".join)


def read(reader: object, text: str) -> JSON | type[JSONSyntaxError]:
    assert callable(reader)
    try:
        value: JSON = reader(text)
    except JSONSyntaxError:
        return JSONSyntaxError
    return value


@given(VALUES, st.booleans(), st.none() | st.integers(0, 3))
def test_both_readers_agree_on_json(value: object, ascii_only: bool, indent: int | None) -> None:  # noqa: FBT001 - drawn by hypothesis
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert scan(text) == read_tokens(text)


@given(NEAR_JSON)
def test_both_readers_agree_on_invalid_json(text: str) -> None:
    assert read(scan, text) == read(read_tokens, text)


@pytest.mark.parametrize("depth", [900, 1_100, 9_999])
def test_deep_nesting_is_read(depth: int) -> None:
    value = read_json(b"[" * depth + b"]" * depth)
    for _ in range(depth - 1):
        assert isinstance(value, list)
        (value,) = value
    assert value == []


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (rb'"\ud83d\ude00"', "\U0001f600"),
        (rb'"\ud800"', "\ufffd"),
        (rb'"\ud800\ud83d\ude00"', "\ufffd\U0001f600"),
        (rb'"\udc00\ud800"', "\ufffd\ufffd"),
        (rb'"\\ud800"', r"\ud800"),
        (rb'"\\\ud800"', "\\\ufffd"),
        (b'"\xed\xa0\x80"', "\ufffd\ufffd\ufffd"),
    ],
)
def test_lone_surrogates_become_replacement_characters(raw: bytes, text: str) -> None:
    assert read_json(raw) == text
