"""YAML values are those that kubectl sends. The expected values are from sigs.k8s.io/yaml."""

import json

import pytest

from controller.manifests.document import Document
from controller.manifests.problem import Problem
from controller.manifests.reader import read


def value(text: str) -> object:
    """Return the parsed value of a member with this text."""
    (document,) = read("file", f"a: {text}\n".encode())
    assert isinstance(document, Document), document
    return document.content["a"]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param("0644 0o644 0O644 0x1a4 0b110100100 420 4_2_0 420.0 4.2e2", 420, id="a mode"),
        pytest.param("08 8.0 8. +8 0_8 !!int|'8'", 8, id="eight"),
        pytest.param("-0x1F -0o37 -037 -31", -31, id="a negative number"),
        pytest.param("0 -0 +0 00 0.0 -0.0 0e5", 0, id="zero"),
        pytest.param("9223372036854775808 9.223372036854775808e18", 9223372036854776000, id="2^63"),
        pytest.param("18446744073709551615", 18446744073709552000, id="2^64"),
        pytest.param("1e21 1_000_000_000_000_000_000_000", 1e21, id="beyond all integers"),
        pytest.param(".5 0.5 5e-1 +.5 5_0e-2", 0.5, id="a half"),
        pytest.param("y Y yes Yes YES on On ON true True TRUE !!bool|'on'", True, id="true"),
        pytest.param("n N no No NO off Off OFF false False FALSE", False, id="false"),
        pytest.param("~ null Null NULL", None, id="null"),
        pytest.param("!!str|12 !custom|12 !|12 '12' \"12\"", "12", id="text by its tag or quotes"),
        pytest.param("!!binary|aGVsbG8=", "hello", id="base64"),
    ],
)
def test_equivalent_spellings_have_the_same_value(texts: str, expected: object) -> None:
    found = {text: value(text.replace("|", " ")) for text in texts.split()}

    assert {text: json.dumps(each) for text, each in found.items()} == dict.fromkeys(
        found, json.dumps(expected)
    )


LOOKS = (
    "1:30 190:20:30 2001-12-14 2001-12-14t21:59:43.10-05:00 3.4.0 1,000 0644x 0x 0b2 0o8 _1 1e . +."
    " +- yEs tRue nUll oN nan Infinity 1e400 0x1ffffffffffffffff <<"
)


@pytest.mark.parametrize("text", LOOKS.split())
def test_similar_text_is_a_string(text: str) -> None:
    assert value(text) == text


@pytest.mark.parametrize(
    ("text", "reason", "remedy"),
    [
        (".inf", "JSON does not support this number", "put it in quotes"),
        (".nan", "JSON does not support this number", "put it in quotes"),
        ("!!int twelve", "'twelve' is not a valid !!int", "remove the tag"),
        ("!!binary /w==", "'/w==' is not a valid !!binary", "remove the tag"),
    ],
)
def test_a_value_that_json_does_not_support_is_reported(
    text: str, reason: str, remedy: str
) -> None:
    (problem,) = read("file", f"b: 1\na: {text}\n".encode())

    assert isinstance(problem, Problem)
    assert (problem.line, problem.reason, problem.remedy) == (2, reason, remedy)


@pytest.mark.parametrize(
    ("key", "expected"), [("0644", "420"), ("yes", "true"), ("Off", "false"), ("'0644'", "0644")]
)
def test_a_key_becomes_a_string(key: str, expected: str) -> None:
    (document,) = read("file", f"{key}: 1\n".encode())

    assert isinstance(document, Document)
    assert document.content == {expected: 1}


@pytest.mark.parametrize("key", ["1.5", "~", "[a]", "{a: b}", "9223372036854775808"])
def test_a_key_that_cannot_become_a_string_is_reported(key: str) -> None:
    (problem,) = read("file", f"? {key}\n: 1\n".encode())

    assert isinstance(problem, Problem)
    assert problem.reason == "a key must be a string"
