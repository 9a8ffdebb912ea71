"""A unit that systemd would refuse, or fail to start, is found before it is written."""

from typing import Any

import pytest
from machineconfig_node.preflight.units import unit_files

from tests.unit.node.view import Node, Tools


def problems(text: str, name: str = "a.service", **node: Any) -> list[str]:  # noqa: ANN401 - members of a node
    """Return the problems of a unit with this text."""
    found = Node(units={name: text})._replace(**node)
    return list(unit_files.problems(name, Tools(found)))


def test_a_valid_unit_has_no_problems() -> None:
    assert problems("[Service]\nUser=root\nExecStart=/bin/true\n") == []


def test_errors_of_systemd_for_the_unit_are_reported() -> None:
    line = "a.service: Command /bin/no is not executable: No such file or directory"

    assert problems("[Service]\n", refused={"a.service": [line]}) == [line]


def test_errors_of_systemd_for_other_units_are_ignored() -> None:
    other = "/etc/systemd/system/b.service:2: Unknown key 'Foo' in section [Service], ignoring."
    own = "a.service: Service has no ExecStart=. Refusing."

    assert problems("[Service]\n", refused={"a.service": [other, own]}) == [own]


def test_errors_without_a_unit_are_reported_with_its_name() -> None:
    assert problems("", refused={"a.service": ["Bad message"]}) == ["a.service: Bad message"]


def test_a_template_is_validated_by_an_instance() -> None:
    line = "a@test_instance.service: Command /bin/no is not executable"

    assert problems("", "a@.service", refused={"a@.service": [line]}) == [line]


def test_missing_users_and_groups_are_reported() -> None:
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
def test_only_the_user_that_systemd_looks_up_must_exist(text: str) -> None:
    assert problems(text) == []


def test_a_drop_in_of_an_instance_extends_its_template() -> None:
    found = Node(units={"a@.service": "[Service]\nUser=who\n", "a@b.service": "[Service]\nUser=\n"})

    assert list(unit_files.problems("a@b.service", Tools(found))) == []


def test_an_environment_file_must_exist() -> None:
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
def test_an_optional_environment_file_may_be_missing(text: str) -> None:
    assert problems(text) == []
