"""A node is read over SSH by a real process, whatever its paths contain."""

import ast
import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from controller.cli.kubectl_mc.node import remote_probe
from controller.cli.kubectl_mc.node.node_contents import NodeFile, NodeUnit
from controller.cli.kubectl_mc.node.ssh import Ssh
from controller.cli.kubectl_mc.terminal.errors import CommandError, UnavailableError
from controller.rendering.contents import LARGEST
from tests.unit.cli.kubectl_mc.lines import texts
from tests.unit.cli.kubectl_mc.local_node import arguments_of, ssh_to_here
from tests.unit.planning.build import node

HERE = node("w-1", address="192.0.2.7")


@pytest.fixture
def ssh(tmp_path: Path) -> Ssh:
    return Ssh.to(HERE, ssh_to_here(tmp_path / "bin"), None, "admin")


def read_file(ssh: Ssh, path: object, *, public: bool = False) -> NodeFile:
    [found] = ssh.read([str(path)], [], public=public).files
    return found


def test_a_file_is_read_with_everything_that_a_config_can_express(ssh: Ssh, tmp_path: Path) -> None:
    file = tmp_path / "motd"
    file.write_bytes(b"\x00hello\xff")
    file.chmod(0o640)
    os.chown(file, 12345, 54321) if os.geteuid() == 0 else None

    found = read_file(ssh, file)

    assert (found.kind, found.mode, found.content, found.size) == (
        "file",
        0o640,
        b"\x00hello\xff",
        7,
    )
    assert found.sha256 == hashlib.sha256(b"\x00hello\xff").hexdigest()
    assert (found.uid, found.gid) == (file.stat().st_uid, file.stat().st_gid)
    assert found.folder == str(tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "$(touch HACKED)",
        "`touch HACKED`",
        "a b; touch HACKED",
        "'; touch HACKED; '",
        '"; touch HACKED; "',
        "'''\nopen('HACKED', 'w')\n'''",
        "\\' + open('HACKED', 'w').name + \\'",
        "new\nline\ttab",
        "-rf",
        "--",
        "ünï-\N{SNOWMAN}",
        "\x1b[2J",
    ],
)
def test_a_path_is_never_run_as_a_command(ssh: Ssh, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")

    found = read_file(ssh, tmp_path / name)

    assert (found.path, found.content) == (str(tmp_path / name), b"mine")
    assert not [*Path().rglob("HACKED"), *tmp_path.rglob("HACKED")]
    assert arguments_of(tmp_path / "bin")[-1] == "sudo -n -- python3 -I -S -", (
        "the command is the same"
    )


def test_what_is_not_a_file_is_reported_with_its_kind(ssh: Ssh, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/shadow")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "away").symlink_to(tmp_path / "folder")
    names = ("link", "folder", "pipe", "nothing", "nothing/below", "away/file")

    found = ssh.read([str(tmp_path / name) for name in names], [], public=False).files

    kinds = ["symlink", "folder", "special file", "nothing", "nothing", "nothing"]
    assert [each.kind for each in found] == kinds
    assert (found[0].target, found[0].content) == ("/etc/shadow", None)
    assert found[-1].folder == str(tmp_path / "folder")


def test_with_public_contents_that_are_not_world_readable_stay_on_the_node(
    ssh: Ssh, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("secret")
    file.chmod(0o640)

    found = read_file(ssh, file, public=True)

    assert found.content is None
    assert found.sha256 == hashlib.sha256(b"secret").hexdigest()
    file.chmod(0o644)
    assert read_file(ssh, file, public=True).content == b"secret"


def test_a_file_that_is_too_large_is_not_sent(ssh: Ssh, tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as stream:
        stream.truncate(LARGEST + 1)

    found = read_file(ssh, tmp_path / "large")

    assert (found.size, found.content, found.sha256) == (LARGEST + 1, None, "")


def test_a_unit_is_read_with_its_drop_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_probe, "UNIT_FOLDER", str(tmp_path))
    (tmp_path / "x.service").symlink_to("/dev/null")
    (tmp_path / "x.service.d").mkdir()
    for name in ("b.conf", "a.conf", "README", os.fsdecode(b"\xff.conf")):
        (tmp_path / "x.service.d" / name).write_text("[Service]\n")

    found = NodeUnit.model_validate(remote_probe.read_unit("x.service", False, 100))  # noqa: FBT003 - its own form

    assert (found.fragment.kind, found.fragment.target) == ("symlink", "/dev/null")
    first, second, unreadable = found.dropins
    assert [Path(each.path).name for each in (first, second)] == ["a.conf", "b.conf"]
    assert first.content == b"[Service]\n"
    assert (unreadable.kind, unreadable.error) == ("unreadable", "its name is not UTF-8")


def test_the_program_for_the_node_runs_on_python_3_8() -> None:
    ast.parse(Path(remote_probe.__file__).read_text(), feature_version=(3, 8))


def test_the_node_is_reached_as_the_controller_reaches_it(tmp_path: Path) -> None:
    ssh = Ssh.to(HERE, "ssh -p 2222", tmp_path / "config", "admin")

    assert ssh.command == (
        *("ssh", "-p", "2222", "-F", str(tmp_path / "config"), "-o", "HostKeyAlias=w-1"),
        *("-o", "ConnectTimeout=10", "--", "admin@192.0.2.7"),
    )
    assert Ssh.to(node("w-1", address="fd00::7"), "ssh", None, None).command[-1] == "fd00::7"


@pytest.mark.parametrize("address", ["", "-oProxyCommand=x", "a b", "fe80::1%$(x)", "a@b", "a;b"])
def test_an_invalid_address_is_never_used(address: str) -> None:
    with pytest.raises(CommandError, match="node w-1: ") as refused:
        Ssh.to(node("w-1", address=address), "ssh", None, None)

    assert texts(refused.value.lines)[-1] == (
        "  kubectl annotate node w-1 machineconfiguration.alauda.io/ssh-address=ADDRESS"
    )


@pytest.mark.parametrize("user", ["", "-oProxyCommand=x", "a@b"])
def test_an_invalid_user_is_refused(user: str) -> None:
    with pytest.raises(CommandError, match="is not a valid user name"):
        Ssh.to(HERE, "ssh", None, user)


@pytest.mark.parametrize("command", ["", "  ", "'"])
def test_an_invalid_command_is_refused(command: str) -> None:
    with pytest.raises(CommandError, match="--ssh-command"):
        Ssh.to(HERE, command, None, None)


@pytest.mark.parametrize(
    ("sudo", "reason", "remedy"),
    [
        ("echo 'sudo: a password is required' >&2; exit 1", "sudo: a password is", "--ssh-user"),
        ("echo 'Connection refused' >&2; exit 255", "Connection refused", "try it yourself: "),
        ("exit 127", "exit status 127", "sudo and Python are needed there"),
        (
            "echo motd of the day",
            "the output is not the expected JSON",
            "does the login print text?",
        ),
        ("echo '{}'", "the output has other files or units", "try again"),
    ],
)
def test_an_error_on_the_node_is_reported_with_a_remedy(
    tmp_path: Path, sudo: str, reason: str, remedy: str
) -> None:
    ssh = Ssh.to(HERE, ssh_to_here(tmp_path / "bin", f"#!/bin/sh\n{sudo}\n"), None, None)

    with pytest.raises(UnavailableError, match="w-1 could not be read over SSH: ") as failed:
        ssh.read(["/etc/motd"], [], public=False)

    first, second = texts(failed.value.lines)
    assert reason in first
    assert remedy in second


def test_look_alike_characters_in_an_error_from_the_node_are_escaped(tmp_path: Path) -> None:
    script = "#!/bin/sh\nprintf 'p\\320\\260ssword\\342\\200\\256\\n' >&2\nexit 1\n"
    ssh = Ssh.to(HERE, ssh_to_here(tmp_path / "bin", script), None, None)

    with pytest.raises(UnavailableError, match=r"p\\u0430ssword\\u202e$"):
        ssh.read(["/etc/motd"], [], public=False)


def test_output_about_another_unit_is_refused(tmp_path: Path) -> None:
    other = '{"files": [], "units": []}'
    ssh = Ssh.to(HERE, ssh_to_here(tmp_path / "bin", f"#!/bin/sh\necho '{other}'\n"), None, None)

    with pytest.raises(UnavailableError, match="the output has other files or units"):
        ssh.read([], ["a.service"], public=False)


def test_a_missing_command_is_reported() -> None:
    with pytest.raises(UnavailableError, match="no-such-ssh cannot be run: no such file") as failed:
        Ssh.to(HERE, "no-such-ssh", None, None).read([], [], public=False)

    assert texts(failed.value.lines)[-1] == "  choose another command: --ssh-command"


def test_a_node_that_does_not_answer_is_abandoned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("ssh", 300)

    monkeypatch.setattr(subprocess, "run", never)
    ssh = Ssh.to(HERE, ssh_to_here(tmp_path / "bin"), None, None)

    with pytest.raises(UnavailableError, match="the command has not ended after 300 s"):
        ssh.read([], [], public=False)
