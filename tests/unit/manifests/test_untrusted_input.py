"""Malicious manifest files are answered quickly and in bounded memory."""

import tracemalloc

import pytest

from controller.manifests import nodes
from controller.manifests.problem import Problem
from controller.manifests.reader import read

MOST_MEMORY = 100  # times the size of the text, of which Python's objects take a good part
FOR_A_START = 2_000_000

# Texts of about 50 kB with the largest possible number of values.
FULL = {
    "a list": "a: [" + "1," * 25_000 + "]\n",
    "a list in block style": "a:\n" + '- "b"\n' * 8_000,
    "a list in JSON": '{"a": [' + "1," * 25_000 + "1]}",
    "many keys": "".join(f"k{n:06}: 1\n" for n in range(4_000)),
    "the same key again and again": "a: 1\n" * 10_000,
    "the same key again and again in JSON": '{"a": 1' + ', "a": 1' * 6_000 + "}",
    "many documents": "a: 1\n---\n" * 5_000,
    "many documents in JSON": '{"a":1}\n' * 6_000,
    "many broken documents": "a: [\n---\n" * 5_000,
    "nothing but separators": "---\n" * 12_000,
    "nothing but blank lines": "\n" * 50_000,
    "nothing but comments": "# c\n" * 12_000,
    "one long text": "a: " + "b" * 50_000 + "\n",
    "one long text in a block": "a: |\n" + "  b\n" * 12_000,
    "one long quoted text": 'a: "' + "\\u00e4" * 8_000 + '"\n',
    "one long key": "b" * 50_000 + ": 1\n",
    "one long number": "a: " + "1" * 50_000 + "\n",
    "anchors": "".join(f"- &a{n} 1\n" for n in range(4_000)),
    "directives": "".join(f"%TAG !a{n}! b\n" for n in range(3_000)),
    "objects in a list": "kind: List\nitems:\n" + "- {kind: A}\n" * 4_000,
    "line ends of Windows": "a: 1\r\n" * 8_000,
    "a wide character": "# \U0001f600\n" + "a" * 50_000 + ": 1\n",
}


@pytest.mark.parametrize("text", FULL.values(), ids=FULL.keys())
def test_memory_is_linear_in_the_size_of_the_text(text: str) -> None:
    raw = text.encode()
    tracemalloc.start()
    try:
        read("file", raw)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < MOST_MEMORY * len(raw) + FOR_A_START


@pytest.mark.parametrize(
    ("text", "values"),
    [
        pytest.param("a: [" + "1, " * 99 + "]\n", 102, id="YAML"),
        pytest.param("- a\n" * 99, 100, id="a block of YAML"),
        pytest.param('{"a": [' + "1, " * 98 + "1]}", 102, id="JSON"),
        pytest.param("a: {" + ", ".join(f"k{n}: 1" for n in range(50)) + "}\n", 103, id="keys"),
        pytest.param("a: 1\n---\n" * 33, 99, id="documents"),
        pytest.param('{"a": 1}\n' * 33, 99, id="documents of JSON"),
    ],
)
def test_a_file_with_too_many_values_is_not_read_to_its_end(
    text: str, values: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "MAX_VALUES", values)
    assert not _problems(text)

    monkeypatch.setattr(nodes, "MAX_VALUES", values - 1)
    assert _problems(text) == [f"the file contains more than {values - 1} values"]


@pytest.mark.parametrize(
    "document", ["a: 1\n---\n", "a: [\n---\n", "---\n", '{"a":1}\n', "# nothing\n---\n"]
)
def test_reading_ends_after_ten_thousand_documents(document: str) -> None:
    found = read("file", (document * 20_000).encode())

    assert len(found) in {1, nodes.MAX_DOCUMENTS + 1}
    assert isinstance(found[-1], Problem)
    assert found[-1].reason == "the file contains more than 10,000 documents"


def test_the_objects_of_a_list_are_counted_as_documents() -> None:
    found = read("file", b"kind: List\nitems: [" + b"{kind: A}, " * 20_000 + b"]\n")

    assert len(found) == nodes.MAX_DOCUMENTS + 1
    assert isinstance(found[-1], Problem)
    assert found[-1].reason == "the file contains more than 10,000 documents"


def test_the_aliases_of_all_documents_together_are_bounded() -> None:
    unfolded = "a: &a [" + "x, " * 1_000 + "]\nb: [" + "*a, " * 400 + "]\n---\n"

    assert _problems(unfolded) == []
    assert _problems(unfolded * 3) == ["its aliases expand to more than 1,000,000 characters"]


def test_at_most_a_hundred_duplicate_keys_are_reported() -> None:
    assert len(_problems("a: 1\n" * 1_000)) == 100


def _problems(text: str) -> list[str]:
    return [each.reason for each in read("file", text.encode()) if isinstance(each, Problem)]
