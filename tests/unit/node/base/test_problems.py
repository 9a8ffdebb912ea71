"""All problems of a change are reported together."""

import pytest
from machineconfig_node.base.errors import NodeError
from machineconfig_node.base.problems import Problems


def told(*errors: NodeError) -> NodeError:
    """Return the error of checks that failed with these errors."""
    problems = Problems()
    for each in errors:
        with problems.collected():
            raise each
    with pytest.raises(NodeError) as raised:
        problems.raise_if_any()
    return raised.value


def test_without_a_problem_there_is_no_error() -> None:
    problems = Problems()
    with problems.collected():
        pass

    problems.raise_if_any()


def test_one_problem_is_reported_unchanged() -> None:
    found = told(NodeError("a full disk", "make room"))

    assert (found.cause, found.remedy) == ("a full disk", "make room")


def test_each_cause_is_reported_with_its_own_remedy() -> None:
    found = told(NodeError("a full disk", "make room"), NodeError("a link", "change the path"))

    assert found.cause == "a full disk (make room); a link (change the path)"
    assert found.remedy == "fix each of these"


def test_a_remedy_of_several_causes_is_reported_once() -> None:
    found = told(NodeError("a link", "change the path"), NodeError("a socket", "change the path"))

    assert (found.cause, found.remedy) == ("a link; a socket", "change the path")


def test_a_cause_found_by_two_checks_is_reported_once() -> None:
    found = told(*[NodeError("no such user", "add the user")] * 2, NodeError("a link", "move it"))

    assert found.cause == "no such user (add the user); a link (move it)"


def test_other_errors_are_not_collected() -> None:
    problems = Problems()

    with pytest.raises(OSError, match="gone"), problems.collected():
        raise OSError("gone")
