"""Config files are validated by the program that reads them, before they are written."""

from typing import Any

import pytest
from machineconfig_node.preflight.config_files import by_path

from tests.unit.node.view import Node, Tools

SSHD = "/etc/ssh/sshd_config.d/10.conf"


def problems(*paths: str, **node: Any) -> list[str]:  # noqa: ANN401 - members of a node
    """Return the problems of these files."""
    view = Tools(Node()._replace(**node))
    return [each for check in by_path.checks(list(paths)) for each in check(view)]


@pytest.mark.parametrize(
    ("path", "tool"),
    [
        ("/etc/ssh/sshd_config", "sshd -t"),
        (SSHD, "sshd -t"),
        ("/etc/sudoers", "visudo -c -f /etc/sudoers"),
        ("/etc/sudoers.d/admins", "visudo -c -f /etc/sudoers"),
        ("/etc/nftables.conf", "nft -c -f /etc/nftables.conf"),
    ],
)
def test_a_file_is_validated_by_the_program_that_reads_it(path: str, tool: str) -> None:
    refused = {tool.partition(" ")[0]: ["/etc/x:1:2: syntax error"]}

    assert problems(path, refused=refused) == [
        f"`{tool}` reports for {path}: /etc/x:1:2: syntax error",
    ]


@pytest.mark.parametrize("path", ["/etc/ssh/sshd_config.d/10.bak", "/etc/motd", "/etc/sysctl.d/a"])
def test_a_file_without_a_known_reader_is_not_validated(path: str) -> None:
    assert list(by_path.checks([path])) == []


def test_a_program_validates_several_files_at_once() -> None:
    view = Tools(Node(refused={"sshd": ["line 1: no"]}))
    paths = ["/etc/ssh/sshd_config", SSHD]

    found = [each for check in by_path.checks(paths) for each in check(view)]

    assert found == [f"`sshd -t` reports for /etc/ssh/sshd_config, {SSHD}: line 1: no"]
    assert view.asked == ["sshd -t"]


def test_lines_that_visudo_quotes_are_not_reported() -> None:
    quoted = ["/etc/sudoers.d/a:1:7: syntax error", "boss ALL=(ALL", "      ^~~"]

    [told] = problems("/etc/sudoers.d/a", refused={"visudo": quoted})

    assert told == f"`visudo -c -f /etc/sudoers` reports for /etc/sudoers.d/a: {quoted[0]}"


@pytest.mark.parametrize(
    ("rights", "said"),
    [
        ("1000 0 8120", "sudo refuses a file owned by uid 1000; make root the owner"),
        ("0 0 81b6", "sudo refuses a file that others can write (mode 0666); use mode 0440"),
        ("0 20 81b0", "sudo refuses a file that others can write (mode 0660); use mode 0440"),
    ],
    ids=["its owner", "writable by all", "writable by a group"],
)
def test_rights_that_sudo_refuses_are_reported_with_a_remedy(rights: str, said: str) -> None:
    path = "/etc/sudoers.d/admins"

    assert problems(path, refused={"stat": [rights]}) == [f"{path}: {said}"]


@pytest.mark.parametrize("rights", ["0 0 8120", "0 0 81a4", "0 0 81b0"])
def test_unusual_rights_that_sudo_accepts_are_no_problem(rights: str) -> None:
    assert problems("/etc/sudoers", refused={"stat": [rights]}) == []


@pytest.mark.parametrize("name", ["passed.over", "passed-over~"])
def test_rights_of_files_that_sudo_ignores_are_no_problem(name: str) -> None:
    assert problems(f"/etc/sudoers.d/{name}", refused={"stat": ["1000 0 81b6"]}) == []


def test_an_invalid_sysctl_line_is_reported_without_its_content() -> None:
    files = {"/etc/sysctl.d/a.conf": "vm.swappiness = 10\nsecret\n"}

    assert problems("/etc/sysctl.d/a.conf", files=files) == [
        "/etc/sysctl.d/a.conf: line 2 is not a `key = value`",
    ]
