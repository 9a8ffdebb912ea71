"""A pass parses only objects that changed since the last one."""

import pytest

from controller.api.json_object import Json
from controller.cluster.observation.parse_cache import ParseCache


def item(name: str, version: str = "1", uid: str = "") -> Json:
    return {"metadata": {"name": name, "uid": uid or name, "resourceVersion": version}}


@pytest.fixture
def parsed() -> list[str]:
    """The names of the parsed objects, in order."""
    return []


@pytest.fixture
def cache(parsed: list[str]) -> ParseCache[str]:
    def parse(item: Json) -> str:
        metadata = item["metadata"]
        parsed.append(metadata["name"])
        return f"{metadata['name']} {metadata['resourceVersion']}"

    return ParseCache(parse)


def test_an_unchanged_object_is_not_parsed_again(cache: ParseCache[str], parsed: list[str]) -> None:
    first = list(cache([item("a"), item("b")]))
    parsed.clear()

    assert list(cache([item("b"), item("a")])) == list(reversed(first))
    assert parsed == []


def test_new_and_changed_objects_are_parsed(cache: ParseCache[str], parsed: list[str]) -> None:
    list(cache([item("a"), item("b")]))
    parsed.clear()

    assert list(cache([item("a", "2"), item("b"), item("c")])) == ["a 2", "b 1", "c 1"]
    assert parsed == ["a", "c"]


def test_another_object_of_the_same_name_is_parsed(
    cache: ParseCache[str], parsed: list[str]
) -> None:
    list(cache([item("a", uid="before")]))

    list(cache([item("a", uid="after")]))

    assert parsed == ["a", "a"]


def test_a_deleted_object_is_dropped_from_the_cache(
    cache: ParseCache[str], parsed: list[str]
) -> None:
    list(cache([item("a")]))
    list(cache([]))

    list(cache([item("a")]))

    assert parsed == ["a", "a"]
