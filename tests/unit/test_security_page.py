"""Every promise in docs/security.md has a test."""

import re
from pathlib import Path
from typing import Final

import pytest

_ROOT: Final = Path(__file__).parents[2]
_PAGE: Final = (_ROOT / "docs/security.md").read_text(encoding="utf-8")
_TESTS: Final = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", _PAGE)))
_PROMISES: Final = re.findall(r"^- (?:.+\n)+?(?=^- |^$|\Z)", _PAGE, re.MULTILINE)


def test_there_are_promises_against_each_attacker_that_the_page_names() -> None:
    assert len(_PROMISES) > 25
    assert len(re.findall(r"^## An? ", _PAGE, re.MULTILINE)) == 4


@pytest.mark.parametrize("promise", _PROMISES, ids=lambda promise: promise[2:50])
def test_each_promise_names_its_test(promise: str) -> None:
    assert re.search(r"`tests/[\w/]+\.py::test_\w+`\n$", promise)


@pytest.mark.parametrize(("file", "name"), _TESTS, ids=[name for _, name in _TESTS])
def test_each_test_that_the_page_names_is_there(file: str, name: str) -> None:
    assert f"\ndef {name}(" in (_ROOT / file).read_text(encoding="utf-8")
