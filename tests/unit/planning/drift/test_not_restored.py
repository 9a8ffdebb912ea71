"""What was not given back is told with its cause and remedy, whatever a node says."""

from typing import Any

import pytest

from controller.planning.drift.not_restored import reported, summary

LOCKED = {"name": "/etc/a", "cause": "it is immutable", "remedy": "run `chattr -i /etc/a`"}
SENTENCE = "/etc/a was not restored: it is immutable (run `chattr -i /etc/a`)"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param({}, "", id="nothing is said"),
        pytest.param({"unreturned": []}, "", id="everything went back"),
        pytest.param({"unreturned": [LOCKED]}, SENTENCE, id="a file that is locked"),
        pytest.param(
            {"unreturned": [LOCKED] * 7},
            "; ".join([SENTENCE] * 5 + ["2 more were not restored"]),
            id="many",
        ),
    ],
)
def test_what_was_kept_is_named_with_its_cause_and_remedy(
    answer: dict[str, Any], said: str
) -> None:
    assert summary(reported(answer)) == said


@pytest.mark.parametrize(
    "nonsense",
    ["all of it", 7, {"name": "a"}, ["a", 7, None], [{"name": ["a"]}], [{"name": None}], None],
)
def test_a_node_that_talks_nonsense_harms_nobody(nonsense: object) -> None:
    assert isinstance(summary(reported({"unreturned": nonsense})), str)


def test_what_a_node_says_is_short_and_there_is_not_too_much_of_it() -> None:
    said = reported({"unreturned": [{**LOCKED, "cause": "line\n" * 10_000}] * 1000})

    assert len(said) == 100
    assert "\n" not in said[0].cause
    assert len(said[0].cause) <= 300
