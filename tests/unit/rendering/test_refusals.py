"""Unsupported parts are refused with the MachineConfig, the JSON path and the reason."""

from typing import Any

import pytest

from controller.api.machine_config import MachineConfig
from controller.rendering.render import Rendered, render
from controller.rendering.source import read
from tests.unit.rendering.build import files, gzipped, keys, machine_config, units

FILES, UNITS, USERS = "storage.files.0", "systemd.units.0", "passwd.users.0"


def refusals(config: dict[str, Any]) -> list[str]:
    """Return the refusals of a config as `path: reason`, without the MachineConfig."""
    found = render("worker", [machine_config("50-a", **config)], "boot")
    said = () if isinstance(found, Rendered) else map(str, found)
    return [each.removeprefix("50-a: spec.config.") for each in said]


def a_file(path: str = "/etc/a", **members: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of a file
    return files({"path": path} | members)


def a_source(source: str, **members: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of contents
    return a_file(contents={"source": source} | members)


def a_user(**members: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of a user
    return {"passwd": {"users": [{"name": "boot"} | members]}}


@pytest.mark.parametrize(
    ("config", "place", "reason"),
    [
        ({"storage": {"disks": [{"device": "/dev/a"}]}}, "storage.disks", "not supported"),
        (
            {"storage": {"raid": [{"name": "a", "level": "raid1", "devices": ["/dev/a"]}]}},
            "storage.raid",
            "not supported",
        ),
        (
            {"storage": {"filesystems": [{"device": "/dev/a", "format": "ext4"}]}},
            "storage.filesystems",
            "not supported",
        ),
        (
            {"storage": {"luks": [{"name": "a", "device": "/dev/a"}]}},
            "storage.luks",
            "not supported",
        ),
        ({"storage": {"directories": [{"path": "/a"}]}}, "storage.directories", "not supported"),
        (
            {"storage": {"links": [{"path": "/etc/a", "target": "/b"}]}},
            "storage.links",
            "not supported",
        ),
        ({"passwd": {"groups": [{"name": "a"}]}}, "passwd.groups", "not supported"),
        (
            {"ignition": {"version": "3.4.0", "config": {"replace": {"source": "data:,a"}}}},
            "ignition.config",
            "not supported",
        ),
        (
            {"ignition": {"version": "3.4.0", "proxy": {"httpProxy": "http://a"}}},
            "ignition.proxy",
            "not supported",
        ),
        (
            {"ignition": {"version": "3.4.0", "timeouts": {"httpTotal": 1}}},
            "ignition.timeouts",
            "not supported",
        ),
        (
            {
                "ignition": {
                    "version": "3.4.0",
                    "security": {"tls": {"certificateAuthorities": [{"source": "data:,a"}]}},
                }
            },
            "ignition.security",
            "not supported",
        ),
        (
            {"kernelArguments": {"shouldExist": ["a"]}},
            "kernelArguments.shouldExist",
            "not supported",
        ),
        (
            {"kernelArguments": {"shouldNotExist": ["a"]}},
            "kernelArguments.shouldNotExist",
            "not supported",
        ),
        (a_file(append=[{"source": "data:,a"}]), f"{FILES}.append", "appending"),
        (a_file(mode=0o4755), f"{FILES}.mode", "mode 04755 is above 0777"),
        (a_file("/a"), f"{FILES}.path", "directly in /"),
        (a_file("/etc/machine-id"), f"{FILES}.path", "must differ on each machine"),
        (a_file("/var/lib/dbus/machine-id"), f"{FILES}.path", "must differ on each machine"),
        (a_file("/run/a/b"), f"{FILES}.path", "below /run does not survive"),
        (a_file("/tmp/a"), f"{FILES}.path", "below /tmp does not survive"),  # noqa: S108 - refused
        (a_file("/proc/sys/a"), f"{FILES}.path", "below /proc does not survive"),
        (a_file("/sys/a/b"), f"{FILES}.path", "below /sys does not survive"),
        (a_file("/dev/shm/a"), f"{FILES}.path", "below /dev does not survive"),  # noqa: S108 - as above
        (
            a_file("/etc/machine-config-revert/go_back.py"),
            f"{FILES}.path",
            "machine-config-revert is reserved for the node's watchdog",
        ),
        (
            a_file("/etc/systemd/system/machine-config-revert-now.service.d/a.conf"),
            f"{FILES}.path",
            "machine-config-revert is reserved for the node's watchdog",
        ),
        (
            units({"name": "machine-config-revert.timer", "mask": True}),
            f"{UNITS}.name",
            "machine-config-revert.timer is reserved for the node's watchdog",
        ),
        (a_file("/var/lib/machine-config/record.json"), f"{FILES}.path", "node's record"),
        (a_file("/home/boot/.ssh/authorized_keys"), f"{FILES}.path", "not managed as files"),
        (a_file("/root/.ssh/authorized_keys"), f"{FILES}.path", "not managed as files"),
        (a_source("https://example.com/a"), f"{FILES}.contents.source", "only data: URLs"),
        (a_source("s3://bucket/a"), f"{FILES}.contents.source", "only data: URLs"),
        (
            a_source("data:,a", httpHeaders=[{"name": "a", "value": "b"}]),
            f"{FILES}.contents.httpHeaders",
            "cannot use HTTP headers",
        ),
        (
            a_source("data:,plain", compression="gzip"),
            f"{FILES}.contents.compression",
            "not a valid gzip stream",
        ),
        (
            a_source("data:,a", verification={"hash": f"sha256-{'0' * 64}"}),
            f"{FILES}.contents.verification.hash",
            "the contents have the hash sha256-ca978112",
        ),
        *(
            (units({"name": name}), f"{UNITS}.name", "is not a valid unit name")
            for name in (
                "../a.service",
                "a\n.service",
                "a b.service",
                ".service",
                "@.service",
                "--help.service",
                "ü.service",
                f"{'a' * 248}.service",
            )
        ),
        (a_file(user={"name": "ro ot"}), f"{FILES}.user.name", "not a valid user or group name"),
        (
            a_file(group={"name": "r\x1b[31m"}),
            f"{FILES}.group.name",
            "not a valid user or group name",
        ),
        (a_file(f"/etc/{'a' * 256}"), f"{FILES}.path", "too long for Linux"),
        (a_file(f"/etc{'/a' * 2100}"), f"{FILES}.path", "too long for Linux"),
        (a_file("/var/run/a/b"), f"{FILES}.path", "below /var/run does not survive"),
        (a_file("/root/.ssh/authorized_keys2"), f"{FILES}.path", "not managed as files"),
        (
            files({"path": "/etc/systemd/system/a.service"})
            | units({"name": "a.service", "mask": True}),
            f"{FILES}.path",
            "is the path of a unit",
        ),
        (
            files({"path": "/etc/systemd/system"}) | units({"name": "a.service", "mask": True}),
            f"{FILES}.path",
            "the directory of a unit",
        ),
        (
            files({"path": "/etc/systemd/system/a.service.d"})
            | units({"name": "a.service", "dropins": [{"name": "a.conf", "contents": "[Unit]"}]}),
            f"{FILES}.path",
            "the directory of a unit",
        ),
        (keys("-----BEGIN OPENSSH PRIVATE KEY-----"), f"{USERS}.sshAuthorizedKeys.0", "private"),
        (
            keys("PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\nAAAA\n"),
            f"{USERS}.sshAuthorizedKeys.0",
            "private",
        ),
        (
            keys("-----BEGIN RSA PUBLIC KEY-----\nMIIB\n"),
            f"{USERS}.sshAuthorizedKeys.0",
            "ssh-keygen -i -m PEM -f FILE",
        ),
        (keys(" "), f"{USERS}.sshAuthorizedKeys.0", "contains no key"),
        (keys("# ssh-rsa AAAA"), f"{USERS}.sshAuthorizedKeys.0", "contains no key"),
        (
            units({"name": "a.service", "dropins": [{"name": "b/c.conf"}]}),
            f"{UNITS}.dropins.0.name",
            "is not a valid file name",
        ),
        (keys("ssh-ed25519 AAAA", user="root"), f"{USERS}.name", "the user root is not managed"),
        (keys("\n# none\n \r\n"), f"{USERS}.sshAuthorizedKeys.0", "contains no key"),
        (
            keys("ssh-rsa AAAA\nssh-rsa AA\u200bAA\n"),
            f"{USERS}.sshAuthorizedKeys.0",
            "line 2 contains the invalid character U+200B",
        ),
        (keys("ssh-rsa AAAA\rssh-rsa BBBB"), f"{USERS}.sshAuthorizedKeys.0", "U+000D"),
        (
            keys("ssh-rsa AAAA\n-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"),
            f"{USERS}.sshAuthorizedKeys.0",
            "private",
        ),
        (
            keys("---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----\n"),
            f"{USERS}.sshAuthorizedKeys.0",
            "does not support this key format",
        ),
        *(
            (a_user(**{member: value}), f"{USERS}.{member}", "only SSH keys")
            for member, value in {
                "uid": 1,
                "gecos": "a",
                "homeDir": "/a",
                "noCreateHome": True,
                "primaryGroup": "a",
                "groups": ["a"],
                "noUserGroup": True,
                "noLogInit": True,
                "shell": "/a",
                "shouldExist": False,
                "system": True,
                "passwordHash": "a",
            }.items()
        ),
        (a_file("etc/a"), f"{FILES}.path", "path not absolute"),
        (
            files({"path": "/etc/systemd/system/a.service"})
            | units({"name": "a.service", "contents": "[Unit]\n"}),
            f"{FILES}.path",
            "conflicts with systemd unit",
        ),
        (a_file(mode=-1), f"{FILES}.mode", "illegal file mode"),
        (units({"name": "a.conf"}), f"{UNITS}.name", "invalid systemd unit extension"),
        (a_source("data:;base64,!"), f"{FILES}.contents.source", "data"),
        ({"ignition": {"version": "3.5.0"}}, "ignition.version", "3.5.0 is not supported"),
        (a_file(contents="data:,a"), f"{FILES}.contents", "write `source:` and a data: URL"),
    ],
    ids=lambda value: str(value)[:80],
)
def test_it_is_refused(config: dict[str, Any], place: str, reason: str) -> None:
    said = refusals(config)

    assert any(each.startswith(f"{place}: ") and reason in each for each in said), said
    assert len(said) == 1


@pytest.mark.parametrize(
    "config",
    [
        pytest.param({}, id="nothing"),
        pytest.param(a_file("/etc/a/b/c", mode=0o777, user={"id": 0}), id="a file"),
        pytest.param(a_file("/runner/a"), id="a directory whose name only begins like /run"),
        pytest.param(a_file("/var/tmp/a"), id="a folder that lasts"),  # noqa: S108 - a path in a test
        pytest.param(a_file("/var/lib/machine-config-x/a"), id="a directory beside the record"),
        pytest.param(a_file("/etc/ssh/authorized_keys"), id="keys outside a home directory"),
        pytest.param(a_file(contents=gzipped(b"a")), id="compressed contents"),
        pytest.param(
            units({"name": "a@b:c-d\\x2d.service", "contents": "[Unit]\n"}, {"name": "b.timer"}),
            id="units",
        ),
        pytest.param(units({"name": "-.mount", "mask": True}), id="the root's mount"),
        pytest.param(a_file(user={"name": "LAB\\admin$"}), id="a name of a directory service"),
        pytest.param(keys("ssh-ed25519 AAAA ä", 'from="10.0.0.0/8" ssh-rsa BBBB'), id="keys"),
        pytest.param(a_file(append=[]) | {"passwd": {"groups": []}}, id="empty lists of the rest"),
    ],
)
def test_it_is_accepted(config: dict[str, Any]) -> None:
    assert refusals(config) == []


def test_all_problems_of_all_machine_configs_are_reported_at_once() -> None:
    broken = a_file("/a", mode=0o7777) | {"passwd": {"groups": [{"name": "a"}]}}
    sources = [machine_config("1-a", **broken), machine_config("2-b", **keys("k", user="root"))]

    found = render("worker", sources, "boot")

    assert not isinstance(found, Rendered)
    assert [(each.machine_config, each.path) for each in found] == [
        ("1-a", "spec.config.passwd.groups"),
        ("1-a", "spec.config.storage.files.0.mode"),
        ("1-a", "spec.config.storage.files.0.path"),
        ("2-b", "spec.config.passwd.users.0.name"),
    ]


def test_a_refusal_has_a_remedy() -> None:
    assert refusals(a_file("/a")) == [
        f"{FILES}.path: /a is directly in / (put the file into a directory)"
    ]


def test_the_boot_user_is_configurable() -> None:
    config = machine_config("a", **keys("k", user="core"))

    assert isinstance(render("worker", [config], "core"), Rendered)
    assert not isinstance(render("worker", [config], "boot"), Rendered)


def test_a_pool_that_selects_nothing_is_refused() -> None:
    found = render("gpu", [], "boot")

    assert not isinstance(found, Rendered)
    assert "pool gpu" in str(found[0])
    assert "selects no MachineConfig" in str(found[0])


def with_kernel_arguments() -> MachineConfig:
    return MachineConfig.model_validate(
        {"metadata": {"name": "50-a"}, "spec": {"kernelArguments": ["quiet"]}}
    )


def test_kernel_arguments_are_refused() -> None:
    found = render("worker", [with_kernel_arguments()], "boot")

    assert not isinstance(found, Rendered)
    assert "kernel arguments are not supported yet" in str(found[0])


def test_kernel_arguments_are_refused_by_their_own_path() -> None:
    found = render("worker", [with_kernel_arguments()], "boot")

    assert not isinstance(found, Rendered)
    assert str(found[0]).startswith("50-a: spec.kernelArguments: ")


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(
            files({"path": "/etc/a"}, {"path": "/etc/a/b"}), id="a file below another file"
        ),
        pytest.param(a_file(user={"id": -1}), id="the id that means no change"),
        pytest.param(a_file(group={"id": 2**32}), id="an id that is too large"),
        pytest.param(
            units({"name": "a.service", "mask": True, "enabled": True}), id="masked and enabled"
        ),
    ],
)
def test_a_config_that_no_node_supports_is_refused(config: dict[str, Any]) -> None:
    assert refusals(config)


INSTALL = "[Install]\nWantedBy=multi-user.target\n"
SERVICE = "[Service]\nExecStart=/bin/true\n"


def enabled(name: str = "a.service", *others: Any, **members: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a unit
    return units({"name": name, "enabled": True} | members, *others)


def dropin(contents: str) -> dict[str, Any]:
    return {"dropins": [{"name": "b.conf", "contents": contents}]}


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(enabled(contents=SERVICE), id="no section"),
        pytest.param(enabled(contents=SERVICE + "[Install]\n"), id="an empty section"),
        pytest.param(enabled(contents=SERVICE + "[Install]\nWantedBy=\n"), id="an empty WantedBy"),
        pytest.param(enabled(contents=SERVICE + "WantedBy=a.target\n"), id="in another section"),
        pytest.param(
            enabled(contents=SERVICE + "[Install]\nDefaultInstance=a\n"), id="other settings"
        ),
        pytest.param(
            enabled(contents=SERVICE + INSTALL, **dropin("[Install]\nWantedBy=\n")),
            id="reset by a drop-in",
        ),
        pytest.param(
            enabled("a@x.service", {"name": "a@.service", "contents": SERVICE}),
            id="an instance of a template without a section",
        ),
        pytest.param(enabled("a@.service", contents=SERVICE + INSTALL), id="a template"),
    ],
)
def test_a_unit_that_certainly_cannot_be_enabled_is_refused_once(config: dict[str, Any]) -> None:
    source = read(machine_config("50-a", **config), "boot")

    [refusal] = source.refusals
    assert refusal.path == f"spec.config.{UNITS}.contents"
    assert config["systemd"]["units"][0]["name"] in refusal.reason
    assert "`enabled`" in refusal.remedy or "DefaultInstance" in refusal.remedy
    assert source.warnings == ()


@pytest.mark.parametrize(
    "config",
    [
        *(
            pytest.param(enabled(contents=f"{SERVICE}[Install]\n{key}=b.target\n"), id=key)
            for key in ("WantedBy", "RequiredBy", "UpheldBy", "Alias", "Also")
        ),
        pytest.param(enabled(contents=SERVICE, **dropin(INSTALL)), id="by a drop-in"),
        pytest.param(enabled(), id="a unit on the node"),
        pytest.param(enabled(**dropin("[Unit]\n")), id="a drop-in for a unit on the node"),
        pytest.param(
            enabled("a@x.service", {"name": "a@.service", "contents": SERVICE + INSTALL}),
            id="an instance",
        ),
        pytest.param(
            enabled("a@.service", contents=SERVICE + INSTALL + "DefaultInstance=x\n"),
            id="a template with a default instance",
        ),
        pytest.param(
            enabled("a@.service", contents=SERVICE + "[Install]\nWantedBy=b@.target\n"),
            id="a template for a template",
        ),
        pytest.param(units({"name": "a.service", "contents": SERVICE}), id="not enabled"),
    ],
)
def test_a_unit_that_may_be_enabled_is_accepted(config: dict[str, Any]) -> None:
    assert refusals(config) == []


def test_a_merge_that_removes_an_install_section_is_refused_with_both_names() -> None:
    first = machine_config("50-a", **enabled(contents=SERVICE + INSTALL))
    then = machine_config("60-b", **units({"name": "a.service", "contents": SERVICE}))

    [refusal] = render("worker", [first, then], "boot")  # type: ignore[misc]

    assert refusal.machine_config == "50-a + 60-b"
    assert refusal.reason.startswith("a.service, merged: ")


def test_an_error_of_ignition_does_not_hide_other_problems() -> None:
    config = files(
        {"path": "etc/a"},
        {"path": "/etc/b", "mode": "0644", "contents": {"source": "http://example.com"}},
        {"path": "/etc/c", "user": {"id": -1}},
    )

    assert sorted(each.partition(": ")[0] for each in refusals(config)) == [
        "storage.files.0.path",
        "storage.files.1.contents.source",
        "storage.files.1.mode",
        "storage.files.2.user.id",
    ]


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(a_source("data:,SECRET", compression="gzip"), id="an invalid gzip stream"),
        pytest.param(a_file(contents={"source": 98765432}), id="a number for a source"),
        pytest.param(a_user(passwordHash=98765432), id="a number for a password"),
        pytest.param(
            a_file("/run/a/b", contents={"source": "data:,a", "data:,SECRET": None}),
            id="contents as a key",
        ),
    ],
)
def test_no_message_quotes_contents(config: dict[str, Any]) -> None:
    source = read(machine_config("50-a", **config), "boot")

    said = " ".join(map(str, (*source.refusals, *source.warnings)))
    assert said
    assert not [secret for secret in ("SECRET", "'SE'", "98765432") if secret in said]


@pytest.mark.parametrize(
    ("config", "place", "language"),
    [
        (a_file(contents={"inline": "SECRET"}), f"{FILES}.contents.inline", "Butane"),
        (a_file(contents={"local": "a"}), f"{FILES}.contents.local", "Butane"),
        ({"storage": {"trees": [{"local": "a"}]}}, "storage.trees", "Butane"),
        (
            units({"name": "a.service", "contents_local": "a"}),
            f"{UNITS}.contents_local",
            "Butane",
        ),
        (
            units({"name": "a.service", "dropins": [{"name": "a.conf", "contents_local": "a"}]}),
            f"{UNITS}.dropins.0.contents_local",
            "Butane",
        ),
        (a_user(ssh_authorized_keys=["a"]), f"{USERS}.ssh_authorized_keys", "Butane"),
        (a_user(ssh_authorized_keys_local=["a"]), f"{USERS}.ssh_authorized_keys_local", "Butane"),
        ({"variant": "fcos", "version": "1.5.0"}, "variant", "Butane"),
        ({"networkd": {"units": []}}, "networkd", "Ignition 2"),
        (a_user(create={}), f"{USERS}.create", "Ignition 2"),
    ],
)
def test_a_relevant_key_of_another_language_is_refused_with_a_remedy(
    config: dict[str, Any], place: str, language: str
) -> None:
    [said] = refusals(config)

    assert said.startswith(f"{place}: ")
    assert language in said
    assert said.endswith(")")
    assert "SECRET" not in said


@pytest.mark.parametrize(
    "key",
    [
        "ssh-ed25519 AAAA a comment",
        'from="10.0.0.0/8",no-pty ssh-rsa AAAAB3Nza',
        "ecdsa-sha2-nistp256 AAAA",
        "sk-ssh-ed25519@openssh.com AAAA",
        "ssh-ed25519-cert-v01@openssh.com AAAA",
        "ssh-ed25519\tAAAA\ta comment",
        "ssh-ed25519 AAAA ends in a newline\n",
        "# of alice\r\nssh-ed25519 AAAA\r\n\r\n\t# of bob\r\n  ssh-rsa AAAA\r\n",
    ],
)
def test_a_public_key_is_accepted_without_a_warning(key: str) -> None:
    source = read(machine_config("50-a", **keys(key)), "boot")

    assert (source.refusals, source.warnings) == ((), ())


def test_a_line_that_sshd_will_not_accept_leads_to_a_warning() -> None:
    [warning] = read(machine_config("50-a", **keys("garbage")), "boot").warnings

    assert "sshd will not accept this as a key" in str(warning)


def test_of_several_lines_the_one_that_sshd_will_not_accept_is_named() -> None:
    wrapped = "# of alice\nssh-ed25519 AAAA\nssh-rsa\nAAAA of bob\n"

    [warning] = read(machine_config("50-a", **keys(wrapped)), "boot").warnings

    assert "sshd will not accept line 3 as a key" in str(warning)


def test_keys_folded_into_one_line_by_yaml_lead_to_a_warning() -> None:
    folded = 'command="ssh-rsa AAAA" ssh-ed25519 AAAA of alice ssh-rsa AAAA of bob\n'

    [warning] = read(machine_config("50-a", **keys(folded)), "boot").warnings

    assert "sshd treats all but the first key of this as a comment" in str(warning)
