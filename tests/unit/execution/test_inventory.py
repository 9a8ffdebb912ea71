"""Nothing that a node reports can become structure, a template or an option of ssh."""

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.execution.inventory import AddressError, inventory
from controller.execution.protocol import Connection, Host

PLAIN = Connection("root", 22, None, None)
JINJA = "{{ lookup('pipe', 'id') }}"


def read(*hosts: Host) -> dict[str, Any]:
    """Return the inventory of these hosts as Ansible reads it."""
    files = {host: Path(f"/runs/{host.node}.json") for host in hosts}
    found: dict[str, Any] = yaml.safe_load(inventory(files))["all"]
    return found


def host(
    node: str = "worker-1", address: str = "192.0.2.1", connection: Connection = PLAIN
) -> Host:
    return Host(node, address, {}, connection)


def variables(connection: Connection) -> dict[str, Any]:
    """Return the variables of a host that is reached by this connection."""
    found: dict[str, Any] = read(host(connection=connection))["hosts"]["worker-1"]
    return found


def options(connection: Connection) -> list[str]:
    """Return the options of ssh."""
    return shlex.split(variables(connection)["ansible_ssh_common_args"])


@pytest.mark.parametrize(
    "address",
    [
        "192.0.2.1",
        "2001:db8::1",
        "fe80::1",
        "node-1",
        "Node-1.Example.com",
        "1.example",
        "a" * 63 + ".example",
    ],
)
def test_a_valid_address_is_used_as_it_is(address: str) -> None:
    assert read(host(address=address))["hosts"]["worker-1"]["ansible_host"] == address


HOSTILE = [
    pytest.param("", id="nothing"),
    pytest.param("-oProxyCommand=id", id="an option of ssh"),
    pytest.param("a b", id="a space"),
    pytest.param("a\nb", id="a line break"),
    pytest.param("192.0.2.1\n", id="a line break at the end"),
    pytest.param(JINJA, id="a template"),
    pytest.param("a{{b}}", id="a template in a name"),
    pytest.param("{% raw %}", id="a statement"),
    pytest.param("!unsafe a", id="a tag of YAML"),
    pytest.param('"', id="a quote"),
    pytest.param("a,b", id="a list"),
    pytest.param("user@host", id="a user"),
    pytest.param("host:22", id="a port"),
    pytest.param("$(id)", id="a command"),
    pytest.param("../../etc", id="a path"),
    pytest.param("a..b", id="an empty label"),
    pytest.param("a-", id="a label that ends in a dash"),
    pytest.param("ä.example", id="a letter beyond ASCII"),
    pytest.param("\u017f", id="a letter that is an s without its case"),
    pytest.param("a" * 64, id="a label that is too long"),
    pytest.param(".".join(["a" * 63] * 4), id="a name that is too long"),
]


@pytest.mark.parametrize("address", HOSTILE)
def test_an_invalid_address_is_refused_with_the_name_of_the_node(address: str) -> None:
    with pytest.raises(AddressError, match=r"^worker-1: .* is not a valid address$"):
        read(host(address=address))


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(f"fe80::1%{JINJA}", id="a template, which the controller would evaluate"),
        pytest.param("fe80::1%a -oProxyCommand=id", id="an option of ssh"),
        pytest.param("fe80::1%a\nb", id="a line break"),
    ],
)
def test_a_zone_hides_nothing_in_an_address(address: str) -> None:
    with pytest.raises(AddressError):
        read(host(address=address))


@pytest.mark.parametrize("name", [*HOSTILE, pytest.param("2001:db8::1", id="an address")])
def test_an_invalid_node_name_is_refused(name: str) -> None:
    with pytest.raises(AddressError, match="is not a valid node name"):
        read(host(name))


def test_one_invalid_address_stops_the_whole_run() -> None:
    with pytest.raises(AddressError):
        read(host("a"), host("b", JINJA), host("c"))


@pytest.mark.parametrize("name", ["123", "1e3", "null", "true", "0x10", "all", "vars", "y"])
def test_a_name_with_a_meaning_in_yaml_is_a_name(name: str) -> None:
    assert list(read(host(name))["hosts"]) == [name]


def test_each_node_has_its_own_config_and_its_own_host_key() -> None:
    hosts = read(host("a", "192.0.2.1"), host("b", "192.0.2.2"))["hosts"]

    assert [(each["ansible_host"], each["machineconfig"]) for each in hosts.values()] == [
        ("192.0.2.1", "/runs/a.json"),
        ("192.0.2.2", "/runs/b.json"),
    ]
    assert "HostKeyAlias=a" in hosts["a"]["ansible_ssh_common_args"].split()
    assert "HostKeyAlias=b" in hosts["b"]["ansible_ssh_common_args"].split()


def test_host_keys_are_always_checked() -> None:
    given = options(PLAIN)

    assert given[0] == "-o"
    assert "StrictHostKeyChecking=yes" in given
    assert not any("UserKnownHostsFile" in each for each in given)


def test_a_path_of_known_hosts_is_one_word() -> None:
    given = options(Connection("root", 22, None, Path("/a b/$c'd")))

    assert "UserKnownHostsFile=/a b/$c'd" in given


def test_each_node_is_reached_by_its_own_connection() -> None:
    hosts = read(
        host("a", connection=Connection("admin", 22, None, Path("/a/known_hosts"))),
        host("b", connection=Connection("root", 2222, Path("/keys/b"), None)),
    )["hosts"]

    assert [(each["ansible_user"], each["ansible_port"]) for each in hosts.values()] == [
        ("admin", 22),
        ("root", 2222),
    ]
    assert "UserKnownHostsFile=/a/known_hosts" in hosts["a"]["ansible_ssh_common_args"]
    assert "UserKnownHostsFile" not in hosts["b"]["ansible_ssh_common_args"]


@pytest.mark.parametrize("key", [None, Path("/keys/a 'b' \"c\": d")])
def test_user_port_and_key_are_those_of_the_connection(key: Path | None) -> None:
    given = variables(Connection("o'neil: x", 2222, key, None))

    assert (given["ansible_user"], given["ansible_port"]) == ("o'neil: x", 2222)
    assert given.get("ansible_ssh_private_key_file") == (str(key) if key else None)


def test_the_modules_run_on_the_python_of_the_connection() -> None:
    one = Connection("root", 22, None, None, ("/opt/py/bin/python3",))
    two = Connection("root", 22, None, None, ("/opt/py/bin/python3", "/usr/bin/python3"))

    assert variables(PLAIN)["ansible_python_interpreter"] == "/usr/bin/python3"
    given = variables(one)
    assert given["ansible_python_interpreter"] == "/opt/py/bin/python3"
    given = variables(two)
    assert given["ansible_python_interpreter"] == "auto_silent"
    assert given["ansible_interpreter_python_fallback"] == list(two.pythons)


def test_no_part_of_a_config_is_in_the_inventory() -> None:
    secret = Host("a", "192.0.2.1", {"spec": {"config": "the secret"}}, PLAIN)

    assert "secret" not in inventory({secret: Path("/runs/a.json")})
