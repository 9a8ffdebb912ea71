"""A unit that systemd would refuse, or fail to start, is found before it is there."""

from typing import Any

import pytest
from machineconfig_node.preflight import units

from tests.unit.node.view import Node, Tools


def problems(text: str, name: str = "a.service", **node: Any) -> list[str]:  # noqa: ANN401 - members of a node
    """Return what speaks against a unit of this text."""
    found = Node(units={name: text})._replace(**node)
    return list(units.problems(name, Tools(found)))


def test_nothing_speaks_against_a_good_unit() -> None:
    assert problems("[Service]\nUser=root\nExecStart=/bin/true\n") == []


def test_what_systemd_says_of_the_unit_is_told() -> None:
    line = "a.service: Command /bin/no is not executable: No such file or directory"

    assert problems("[Service]\n", refused={"a.service": [line]}) == [line]


def test_what_systemd_says_of_other_units_beside_is_not_this_units_matter() -> None:
    other = "/etc/systemd/system/b.service:2: Unknown key 'Foo' in section [Service], ignoring."
    own = "a.service: Service has no ExecStart=. Refusing."

    assert problems("[Service]\n", refused={"a.service": [other, own]}) == [own]


def test_words_that_name_no_unit_are_told_with_its_name() -> None:
    assert problems("", refused={"a.service": ["Bad message"]}) == ["a.service: Bad message"]


def test_of_a_template_an_instance_is_proved() -> None:
    line = "a@test_instance.service: Command /bin/no is not executable"

    assert problems("", "a@.service", refused={"a@.service": [line]}) == [line]


def test_a_user_and_a_group_that_nobody_knows_are_named() -> None:
    assert problems("[Service]\nUser=who\nGroup=them\n") == [
        "a.service: User=who does not exist on this node",
        "a.service: Group=them does not exist on this node",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[Service]\nUser=who\nUser=root\n",
        "[Service]\nUser=who\nUser=\n",
        "[Service]\nUser=12345\n",
        "[Service]\nUser=%i\n",
        "[Service]\nUser=who\nDynamicUser=yes\n",
        "[Service]\n# User=who\n",
        "[X-Mine]\nUser=who\n",
    ],
    ids=["a later one", "none", "a number", "an instance's", "dynamic", "comment", "not systemd's"],
)
def test_only_the_user_that_systemd_would_look_for_has_to_be_there(text: str) -> None:
    assert problems(text) == []


def test_a_drop_in_for_an_instance_adds_to_what_the_template_says() -> None:
    found = Node(units={"a@.service": "[Service]\nUser=who\n", "a@b.service": "[Service]\nUser=\n"})

    assert list(units.problems("a@b.service", Tools(found))) == []


def test_an_environment_file_has_to_be_there() -> None:
    text = "[Service]\nEnvironmentFile=/etc/a\nEnvironmentFile=/etc/b\n"

    assert problems(text, files={"/etc/b": ""}) == [
        "a.service: EnvironmentFile=/etc/a does not exist",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[Service]\nEnvironmentFile=-/etc/a\n",
        "[Service]\nEnvironmentFile=/run/made/by/another\n",
        "[Service]\nEnvironmentFile=/etc/%i\n",
        "[Service]\nEnvironmentFile=/etc/a\nEnvironmentFile=\n",
    ],
    ids=["with a dash", "made at run time", "an instance's", "taken back"],
)
def test_an_environment_file_may_be_missing_where_systemd_lets_it(text: str) -> None:
    assert problems(text) == []
