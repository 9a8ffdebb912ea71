"""The actions that a change requires are those of the nearest name in the policy."""

from typing import Any, Literal

import pytest

from controller.api.machine_configuration import MachineConfiguration
from controller.planning.disruption import Difference, Disruption, disruption, effective_policy

REBOOT, DRAIN, NONE, DAEMON_RELOAD = (
    {"type": each} for each in ("Reboot", "Drain", "None", "DaemonReload")
)


def restart(unit: str) -> dict[str, Any]:
    return {"type": "Restart", "restart": {"serviceName": unit}}


def reload(unit: str) -> dict[str, Any]:
    return {"type": "Reload", "reload": {"serviceName": unit}}


def file(path: str) -> Difference:
    return Difference("file", path)


def unit(name: str) -> Difference:
    return Difference("unit", name)


KEYS = Difference("sshkey", "boot")


def configuration(
    *,
    files: dict[str, list[dict[str, Any]]] | None = None,
    units: dict[str, list[dict[str, Any]]] | None = None,
    sshkey: list[dict[str, Any]] | None = None,
    default: dict[str, list[dict[str, Any]]] | None = None,
) -> MachineConfiguration:
    policy = {
        "files": [{"path": path, "actions": each} for path, each in (files or {}).items()],
        "units": [{"name": name, "actions": each} for name, each in (units or {}).items()],
        "sshkey": {"actions": sshkey} if sshkey is not None else None,
    }
    spec = {"nodeDisruptionPolicy": policy, "defaultNodeDisruptionPolicySpecAction": default}
    return MachineConfiguration.model_validate({"metadata": {"name": "cluster"}, "spec": spec})


def required(user: MachineConfiguration | None, *differences: Difference) -> Disruption:
    return disruption(differences, effective_policy(user))


def types(user: MachineConfiguration | None, *differences: Difference) -> list[str]:
    """Return each action as its type and the unit that it names."""
    found = []
    for action in required(user, *differences).actions:
        service = action.reload or action.restart
        found.append(f"{action.type} {service.service_name}" if service else str(action.type))
    return found


@pytest.mark.parametrize(
    "user",
    [
        pytest.param(None, id="there is no MachineConfiguration"),
        pytest.param(configuration(), id="it is empty"),
        pytest.param(configuration(files={"/srv/a": [REBOOT]}), id="it names other paths"),
    ],
)
@pytest.mark.parametrize(
    ("difference", "expected"),
    [(file("/etc/motd"), []), (unit("a.service"), ["Reboot"]), (KEYS, [])],
)
def test_the_default_policy_applies_to_everything_that_the_user_does_not_name(
    user: MachineConfiguration | None, difference: Difference, expected: list[str]
) -> None:
    assert types(user, difference) == expected


def test_a_default_of_the_user_replaces_the_built_in_one() -> None:
    user = configuration(default={"files": [DRAIN], "units": [NONE]})

    assert types(user, file("/etc/motd")) == ["Drain"]
    assert types(user, unit("a.service")) == []
    assert types(user, KEYS) == []


def test_a_policy_for_ssh_keys_replaces_the_built_in_one() -> None:
    assert types(configuration(sshkey=[restart("sshd.service")]), KEYS) == ["Restart sshd.service"]


def test_an_empty_list_of_actions_requires_nothing() -> None:
    user = configuration(files={"/etc/motd": []}, default={"files": [REBOOT], "units": []})

    assert types(user, file("/etc/motd"), unit("a.service")) == []


NAMED = configuration(
    files={
        "/etc": [DRAIN],
        "/etc/nginx": [reload("nginx.service")],
        "/etc/nginx/nginx.conf": [restart("nginx.service")],
        "/srv/www/": [DAEMON_RELOAD],
    },
    units={"a.service": [restart("a.service")]},
    default={"files": [REBOOT], "units": [DRAIN]},
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/etc/nginx/nginx.conf", "Restart nginx.service", id="the exact path"),
        pytest.param("/etc/nginx/a.conf", "Reload nginx.service", id="the directory"),
        pytest.param("/etc/nginx/a/b/c", "Reload nginx.service", id="the longest parent"),
        pytest.param("/etc/motd", "Drain", id="a parent further up"),
        pytest.param("/etc/nginx.conf", "Drain", id="not a name with the same beginning"),
        pytest.param(
            "/etc/nginx/nginx.conf.d/a",
            "Reload nginx.service",
            id="nor a directory with the same beginning",
        ),
        pytest.param("/srv/www/index", "DaemonReload", id="a path with a slash at the end"),
        pytest.param("/srv/www", "DaemonReload", id="also matches a file of that name"),
        pytest.param("/var/lib/a", "Reboot", id="the default"),
    ],
)
def test_the_nearest_name_decides_for_a_file(path: str, expected: str) -> None:
    assert types(NAMED, file(path)) == [expected]


@pytest.mark.parametrize(
    ("name", "expected"), [("a.service", "Restart a.service"), ("b.service", "Drain")]
)
def test_its_own_name_decides_for_a_unit(name: str, expected: str) -> None:
    assert types(NAMED, unit(name)) == [expected]


def test_a_policy_for_a_path_does_not_apply_to_a_unit_of_the_same_name() -> None:
    user = configuration(files={"/a.service": [DRAIN]})

    assert types(user, unit("/a.service")) == ["Reboot"]


def test_a_policy_for_the_root_applies_to_every_file() -> None:
    assert types(configuration(files={"/": [DRAIN]}), file("/etc/motd")) == ["Drain"]


SEVERAL = configuration(
    files={
        "/none": [NONE],
        "/drain": [DRAIN],
        "/reboot": [REBOOT],
        "/a": [DRAIN, DAEMON_RELOAD, restart("a.service")],
        "/b": [reload("b.service"), restart("a.service"), DAEMON_RELOAD],
    }
)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        pytest.param([], [], id="no difference requires nothing"),
        pytest.param(["/none"], [], id="None requires nothing"),
        pytest.param(["/none", "/drain"], ["Drain"], id="None is dropped"),
        pytest.param(["/a", "/reboot", "/b"], ["Reboot"], id="a Reboot replaces all others"),
        pytest.param(
            ["/a", "/b"],
            ["Drain", "DaemonReload", "Restart a.service", "Reload b.service"],
            id="each once, in the order of the first",
        ),
        pytest.param(["/drain", "/drain"], ["Drain"], id="the same difference twice"),
    ],
)
def test_several_differences_require_each_action_once_and_any_reboot_wins(
    paths: list[str], expected: list[str]
) -> None:
    assert types(SEVERAL, *map(file, paths)) == expected


def test_restarts_of_two_units_are_two_actions() -> None:
    user = configuration(files={"/a": [restart("a.service"), restart("b.service")]})

    assert types(user, file("/a")) == ["Restart a.service", "Restart b.service"]


@pytest.mark.parametrize(
    ("path", "drains"),
    [("/none", False), ("/b", False), ("/drain", True), ("/reboot", True), ("/a", True)],
)
def test_only_reboot_and_drain_drain_the_node(path: str, drains: Literal[True, False]) -> None:
    assert required(SEVERAL, file(path)).drains is drains


def test_every_difference_has_its_reason() -> None:
    found = required(SEVERAL, file("/none/x"), file("/reboot"), file("/b"), file("/b"))

    assert found.reasons == (
        "None: /none/x changed",
        "Reboot: /reboot changed",
        "Reload b.service, Restart a.service, DaemonReload: /b changed",
    )


def test_the_effective_policy_contains_the_defaults() -> None:
    in_force = effective_policy(configuration(units={"a.service": [NONE]})).to_api()

    assert in_force == {
        "defaultNodeDisruptionPolicySpecAction": {"files": [NONE], "units": [REBOOT]},
        "files": [],
        "units": [{"name": "a.service", "actions": [NONE]}],
        "sshkey": {"actions": [NONE]},
    }
