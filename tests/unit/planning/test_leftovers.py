"""What was not given back is told with its cause and remedy, whatever a node says."""

from typing import Any

import pytest

from controller.planning.leftovers import leftovers

LOCKED = {"name": "/etc/a", "cause": "it is immutable", "remedy": "run `chattr -i /etc/a`"}


@pytest.mark.parametrize(
    ("applied", "words"),
    [
        pytest.param({}, "", id="nothing was applied"),
        pytest.param({"left": [], "unreturned": []}, "", id="everything went back"),
        pytest.param(
            {"unreturned": [LOCKED]},
            "/etc/a could not be given back: it is immutable (run `chattr -i /etc/a`)",
            id="a file that is locked",
        ),
        pytest.param(
            {"left": ["/etc/b"]},
            "left, since somebody has changed it: /etc/b",
            id="a file that somebody has changed",
        ),
        pytest.param(
            {"unreturned": [LOCKED] * 7},
            "; ".join(
                ["/etc/a could not be given back: it is immutable (run `chattr -i /etc/a`)"] * 5
                + ["and 2 more could not be given back"]
            ),
            id="many",
        ),
    ],
)
def test_what_was_kept_is_named_with_its_cause_and_remedy(
    applied: dict[str, Any], words: str
) -> None:
    assert leftovers(applied) == words


@pytest.mark.parametrize(
    "nonsense", ["all of it", 7, {"name": "a"}, ["a", 7, None], [{"name": ["a"]}], None]
)
def test_a_node_that_talks_nonsense_harms_nobody(nonsense: object) -> None:
    assert isinstance(leftovers({"left": nonsense, "unreturned": nonsense}), str)


def test_what_a_node_says_is_one_short_line() -> None:
    said = leftovers({"unreturned": [{**LOCKED, "cause": "line\n" * 10_000}]})

    assert "\n" not in said
    assert len(said) <= 300
