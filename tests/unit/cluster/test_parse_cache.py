"""A pass parses only what has changed since the last one."""

import pytest

from controller.api.json_object import Json
from controller.cluster.observation.parse_cache import ParseCache


def item(name: str, version: str = "1", uid: str = "") -> Json:
    return {"metadata": {"name": name, "uid": uid or name, "resourceVersion": version}}


@pytest.fixture
def parsed() -> list[str]:
    """The names of what was parsed, in order."""
    return []


@pytest.fixture
def remembered(parsed: list[str]) -> ParseCache[str]:
    def parse(item: Json) -> str:
        metadata = item["metadata"]
        parsed.append(metadata["name"])
        return f"{metadata['name']} {metadata['resourceVersion']}"

    return ParseCache(parse)


def test_what_has_not_changed_is_not_parsed_again(
    remembered: ParseCache[str], parsed: list[str]
) -> None:
    first = list(remembered([item("a"), item("b")]))
    parsed.clear()

    assert list(remembered([item("b"), item("a")])) == list(reversed(first))
    assert parsed == []


def test_what_has_changed_or_come_is_parsed(remembered: ParseCache[str], parsed: list[str]) -> None:
    list(remembered([item("a"), item("b")]))
    parsed.clear()

    assert list(remembered([item("a", "2"), item("b"), item("c")])) == ["a 2", "b 1", "c 1"]
    assert parsed == ["a", "c"]


def test_another_object_of_the_same_name_is_parsed(
    remembered: ParseCache[str], parsed: list[str]
) -> None:
    list(remembered([item("a", uid="before")]))

    list(remembered([item("a", uid="after")]))

    assert parsed == ["a", "a"]


def test_what_is_gone_is_forgotten(remembered: ParseCache[str], parsed: list[str]) -> None:
    list(remembered([item("a")]))
    list(remembered([]))

    list(remembered([item("a")]))

    assert parsed == ["a", "a"]
