"""Objects are read from a file as kubectl reads them, with the lines of their parts."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.manifests.document import Document
from controller.manifests.problem import Problem
from controller.manifests.reader import read


def contents(text: str | bytes) -> list[Any]:
    """Return the contents of all documents, and the line and reason of each problem."""
    raw = text.encode() if isinstance(text, str) else text
    return [
        each.content if isinstance(each, Document) else (each.line, each.reason)
        for each in read("file", raw)
    ]


def problem(text: str | bytes) -> Problem:
    """Return the one problem of a text."""
    raw = text.encode() if isinstance(text, str) else text
    (found,) = (each for each in read("file", raw) if isinstance(each, Problem))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [], id="an empty file"),
        pytest.param("# nothing\n---\n\n---\n# here\n--- # either\n", [], id="comments only"),
        pytest.param("a: 1\n---\nb: 2", [{"a": 1}, {"b": 2}], id="two documents"),
        pytest.param("---\r\na: 1\r\n---\r\nb: |\r\n x\r\n", [{"a": 1}, {"b": "x\n"}], id="CRLF"),
        pytest.param(
            "a: |+\n x\n\n---\nb: |\n x", [{"a": "x\n\n"}, {"b": "x\n"}], id="the last line"
        ),
        pytest.param("\ufeffa: 1\n---\n\ufeffb: 2\n", [{"a": 1}, {"b": 2}], id="byte order marks"),
        pytest.param('{"a": 1}', [{"a": 1}], id="JSON"),
        pytest.param(' {"a": 1}{"b": 2}\n{"c": 3}', [{"a": 1}, {"b": 2}, {"c": 3}], id="JSONs"),
        pytest.param('{"a": 1}\n---\nb: 2\n', [{"a": 1}, {"b": 2}], id="JSON, then YAML"),
        pytest.param("{a: 1, 'b': 0o10,}", [{"a": 1, "b": 8}], id="YAML that begins with a brace"),
        pytest.param("text\n---\n[1]", ["text", [1]], id="a document that is not an object"),
        pytest.param("a: {b: 1}\n...\n", [{"a": {"b": 1}}], id="a marked end"),
    ],
)
def test_documents_are_found_where_kubectl_finds_them(text: str, expected: list[Any]) -> None:
    assert contents(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}, id="an alias"),
        pytest.param("a: {<<: {b: 1, c: 2}, b: 3}", {"a": {"b": 3, "c": 2}}, id="a merge"),
        pytest.param(
            "a: {<<: [{b: 1}, {b: 2, c: 2}]}", {"a": {"b": 1, "c": 2}}, id="the first merged wins"
        ),
        pytest.param("a: {'<<': {b: 1}}", {"a": {"<<": {"b": 1}}}, id="a quoted << is not a merge"),
    ],
)
def test_aliases_are_expanded_and_merged(text: str, expected: object) -> None:
    assert contents(text) == [expected]


def test_an_invalid_document_does_not_affect_the_others() -> None:
    text = b"a: 1\n---\nb: [\n---\nc: \xff\n---\nd: 4\n--- e\nf: 6\n"

    assert contents(text) == [
        {"a": 1},
        (3, "invalid YAML: while parsing a flow node did not find expected node content"),
        (5, "this is not UTF-8"),
        {"d": 4},
        (8, "a line that begins with `---` must contain nothing else"),
        {"f": 6},
    ]


COLON = "put a value with a colon in quotes, or check the indentation"
INDENT = "indent this line like the line to which it belongs"
ANOTHER = "begin another document with a line `---`, or check the line before"


@pytest.mark.parametrize(
    ("text", "line", "remedy"),
    [
        ("a:\n\tb: 1\n", 2, "indent with spaces, not with tabs"),
        ("a: 1\nb: c: d\n", 2, COLON),
        ("a: 1\nb: @c\n", 2, "put the value in quotes"),
        ("a: 1\nb\nc: 1\n", 3, "write a colon and a space after the key"),
        ("a: 1\n  b: 1\n", 2, COLON),
        ("a:\n  b: 1\n c: 1\n", 3, INDENT),
        ("a: 1\nb: *c\n", 2, "write `&c` before the value"),
        ("a: 1\nb: &c [*c]\n", 2, "take `*c` out of it"),
        ("a: 1\nb: \x07\n", 2, "remove it, or write it as an escape in double quotes"),
        ("a: 1\n<<: 2\n", 2, "write `<<: *NAME`, where &NAME is the anchor of a mapping"),
        ('{"a": 1}{"b": 2}\n{"c": 3,}', 2, "check the commas and quotes"),
        ("a: 1\n...\nb: 2\n", 3, ANOTHER),
        ("{a: 1}\n}\n", 2, ANOTHER),
        ("a: 1\nb: 'c\nd: 1\n", 2, "check the indentation, colons and quotes here and above"),
    ],
)
def test_invalid_text_is_reported_with_its_line_and_remedy(
    text: str, line: int, remedy: str
) -> None:
    found = problem(text)

    assert (found.severity, found.file) == ("error", "file")
    assert (found.line, found.remedy) == (line, remedy)


@pytest.mark.parametrize(
    ("text", "path", "line", "reason"),
    [
        ("a: 1\nb: 2\na: 3\n", "a", 3, "a is defined twice, first in line 1"),
        ("x:\n- {b: 1, b: 2}\n", "x.0.b", 2, "b is defined twice"),
        ('{"a": {"b": 1,\n"b": 2}}', "a.b", 2, "b is defined twice, first in line 1"),
        ("1: a\n'1': b\n", "1", 2, "1 is defined twice, first in line 1"),
        # kubectl takes the merged value, YAML itself the written one.
        ("a: &a\n  m: 1\nb:\n  m: 2\n  <<: *a\n", "b.m", 2, "m is defined twice, first in line 4"),
    ],
)
def test_a_duplicate_key_is_reported(text: str, path: str, line: int, reason: str) -> None:
    found = problem(text)

    assert (found.path, found.line, found.reason) == (path, line, reason)
    assert [each for each in read("file", text.encode()) if isinstance(each, Document)]


YAML = """\
# a comment
---
kind: A
spec:
  files:
    - path: /a
      mode: 0644

    - {path: /b,
       mode: 0600}
  text: |
    one
    two
  last: 1
"""
JSON = """\
{"a": 1}
{
  "kind": "A",
  "spec": {"files": [
    {"path": "/a"},
    {
      "path": "/b"
    }
  ]}
}
"""


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        (YAML, (), 3),
        (YAML, ("spec",), 4),
        (YAML, ("spec", "files", 0), 6),
        (YAML, ("spec", "files", 0, "mode"), 7),
        (YAML, ("spec", "files", 1), 9),
        (YAML, ("spec", "files", 1, "mode"), 10),
        (YAML, ("spec", "text"), 11),
        (YAML, ("spec", "last"), 14),
        (JSON, (), 2),
        (JSON, ("spec", "files", 0, "path"), 5),
        (JSON, ("spec", "files", 1), 6),
        (JSON, ("spec", "files", 1, "path"), 7),
    ],
)
def test_every_part_has_its_line(text: str, path: tuple[str | int, ...], line: int) -> None:
    document = read("file", text.encode())[-1]

    assert isinstance(document, Document)
    assert document.line_of(path) == line
    assert document.line_of((*path, "which", "is", "not", "there")) == line


def test_the_value_of_an_alias_has_the_line_of_its_anchor() -> None:
    (document,) = read("file", b"a: &x\n  b: 1\nc: *x\nd:\n  <<: *x\n")

    assert isinstance(document, Document)
    assert [document.line_of(path) for path in (("c",), ("c", "b"), ("d", "b"))] == [3, 2, 2]


LIST = """\
apiVersion: v1
kind: List
items:
- kind: A
  name: one
- kind: List
  items:
  - kind: B
    name: two
"""


def test_a_list_is_read_as_its_objects_with_their_lines() -> None:
    found = [each for each in read("file", LIST.encode()) if isinstance(each, Document)]

    assert [(each.content["kind"], each.line, each.line_of(("name",))) for each in found] == [
        ("A", 4, 5),
        ("B", 8, 9),
    ]


def test_items_get_the_kind_of_their_list() -> None:
    text = '{"apiVersion": "g/v1", "kind": "PoolList", "items": [{"metadata": {}}, {"kind": "X"}]}'

    assert contents(text) == [
        {"metadata": {}, "apiVersion": "g/v1", "kind": "Pool"},
        {"kind": "X"},
    ]


DEEP = 20_000
UNFOLDED = "a0: &a0 [x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 8)}]\n" for n in range(1, 30)
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("[" * DEEP, "nested more than 100 levels deep", id="lists"),
        pytest.param("- " * DEEP, "nested more than 100 levels deep", id="a block of lists"),
        pytest.param("{a: " * DEEP, "nested more than 100 levels deep", id="mappings"),
        pytest.param('{"a":' * DEEP, "nested more than 100 levels deep", id="JSON"),
        pytest.param(
            "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 500)),
            "nested more than 100 levels deep",
            id="aliases in aliases",
        ),
        pytest.param(
            UNFOLDED, "its aliases expand to more than 1,000,000 characters", id="a billion laughs"
        ),
        pytest.param(
            UNFOLDED.replace("[x", "{<<: [{x: 1}], y: [x").replace("x]\n", "x]}\n"),
            "its aliases expand to more than 1,000,000 characters",
            id="merges",
        ),
        pytest.param(
            f"a: &a {'x' * 600_000}\nb: [*a, *a]\n",
            "its aliases expand to more than 1,000,000 characters",
            id="one long text",
        ),
    ],
)
def test_a_text_that_would_exhaust_memory_is_refused_at_once(text: str, reason: str) -> None:
    assert problem(text).reason == reason


def test_a_python_tag_has_no_effect() -> None:
    assert contents("a: !!python/object/apply:os.system [exit 1]") == [{"a": ["exit 1"]}]


@given(st.binary() | st.text(alphabet="ab01:-[]{}&*<>|'\"!#%@,. \n\t\r\ufeff\x00").map(str.encode))
def test_any_bytes_are_answered_without_an_error(text: bytes) -> None:
    for each in read("file", text):
        assert 1 <= each.line <= len(text.decode(errors="replace").splitlines()) + 1


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(), some, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), PLAIN, max_size=3))
def test_json_is_read_as_it_was_written(content: dict[str, Any]) -> None:
    assert contents(json.dumps(content)) == [content]
    assert contents(json.dumps(content, ensure_ascii=False, indent=2)) == [content]
