"""Originals that were not restored have a cause and a remedy, whatever a node reports."""

from typing import Any

import pytest

from controller.planning.drift.not_restored import reported, summary

LOCKED = {"name": "/etc/a", "cause": "it is immutable", "remedy": "run `chattr -i /etc/a`"}
SENTENCE = "/etc/a was not restored: it is immutable (run `chattr -i /etc/a`)"


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        pytest.param({}, "", id="none in the answer"),
        pytest.param({"unreturned": []}, "", id="all restored"),
        pytest.param({"unreturned": [LOCKED]}, SENTENCE, id="a file that is locked"),
        pytest.param(
            {"unreturned": [LOCKED] * 7},
            "; ".join([SENTENCE] * 5 + ["2 more were not restored"]),
            id="many",
        ),
    ],
)
def test_each_original_has_its_cause_and_remedy(answer: dict[str, Any], text: str) -> None:
    assert summary(reported(answer)) == text


@pytest.mark.parametrize(
    "nonsense",
    ["all of it", 7, {"name": "a"}, ["a", 7, None], [{"name": ["a"]}], [{"name": None}], None],
)
def test_an_invalid_answer_does_no_harm(nonsense: object) -> None:
    assert isinstance(summary(reported({"unreturned": nonsense})), str)


def test_the_number_and_the_length_of_the_texts_are_limited() -> None:
    found = reported({"unreturned": [{**LOCKED, "cause": "line\n" * 10_000}] * 1000})

    assert len(found) == 100
    assert "\n" not in found[0].cause
    assert len(found[0].cause) <= 300
