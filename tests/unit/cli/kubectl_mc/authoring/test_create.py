"""`kubectl mc create`: local files in, a manifest that is never refused later out."""

import base64
import gzip
import os
from pathlib import Path
from random import Random
from typing import Any

import pytest

from controller.rendering.contents import LARGEST
from tests.unit.cli.kubectl_mc.conftest import Run
from tests.unit.cli.kubectl_mc.manifests import Ended

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBBBB alice@example.com"
UNIT = "[Service]\nExecStart=/bin/true\n\n[Install]\nWantedBy=multi-user.target\n"


def config(ended: Ended) -> Any:  # noqa: ANN401 - any JSON
    assert ended.code == 0, ended.stderr
    return ended.yaml["spec"]["config"]


def the_file(ended: Ended) -> Any:  # noqa: ANN401 - any JSON
    [file] = config(ended)["storage"]["files"]
    return file


def local(name: str, data: bytes | str = "hello\n", mode: int = 0o644) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    path.chmod(mode)
    return path


def test_what_it_prints_is_a_manifest_for_kubectl_apply(mc: Run) -> None:
    local("motd")

    ended = mc("create", "50-motd", "--role", "worker", "--file", "motd:/etc/motd:0640")

    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout == (
        "apiVersion: machineconfiguration.alauda.io/v1alpha1\n"
        "kind: MachineConfig\n"
        "metadata:\n"
        "  name: 50-motd\n"
        "  labels:\n"
        "    machineconfiguration.alauda.io/role: worker\n"
        "spec:\n"
        "  config:\n"
        "    ignition:\n"
        "      version: 3.4.0\n"
        "    storage:\n"
        "      files:\n"
        "      - path: /etc/motd\n"
        "        mode: 0640\n"
        "        contents:\n"
        "          source: data:,hello%0A\n"
    )


def test_json_is_the_same_manifest_with_modes_as_numbers(mc: Run) -> None:
    local("motd")
    words = ("create", "50-motd", "--role", "worker", "--file", "motd:/etc/motd")

    assert mc(*words, "-o", "json").json == mc(*words).yaml
    assert '"mode": 420' in mc(*words, "-o", "json").stdout


@pytest.mark.parametrize(
    ("own", "given", "expected"),
    [
        pytest.param(0o644, "", 0o644, id="the local file's"),
        pytest.param(0o755, "", 0o755, id="programs stay programs"),
        pytest.param(0o666, "", 0o644, id="others do not get to write"),
        pytest.param(0o4775, "", 0o755, id="nothing special is taken over"),
        pytest.param(0o600, "", 0o600, id="a secret stays one"),
        pytest.param(0o644, ":0664", 0o664, id="what is asked for is what is made"),
        pytest.param(0o644, ":600", 0o600, id="without the leading zero"),
        pytest.param(0o600, ":0o644", 0o644, id="as Python and YAML 1.2 write it"),
    ],
)
def test_a_file_has_the_mode_asked_for_or_its_own(
    mc: Run, own: int, given: str, expected: int
) -> None:
    local("a", mode=own)

    assert the_file(mc("create", "n", "--role", "r", "--file", f"a:/etc/a{given}"))["mode"] == (
        expected
    )


@pytest.mark.parametrize(
    ("data", "source"),
    [
        pytest.param(b"a=b c\n", "data:,a=b%20c%0A", id="text stays readable"),
        pytest.param("\u00e4".encode(), "data:,%C3%A4", id="as long as base64, and still readable"),
        pytest.param(b"", "data:,", id="nothing"),
        pytest.param(b"\x00\x01", "data:;base64,AAE=", id="bytes"),
        pytest.param(b"\x1b[31m", "data:;base64,G1szMW0=", id="what a terminal would obey"),
        pytest.param(b"\n" * 30, f"data:;base64,{'CgoK' * 10}", id="text that escapes would bloat"),
    ],
)
def test_contents_are_readable_where_that_costs_nothing(mc: Run, data: bytes, source: str) -> None:
    local("a", data)

    file = the_file(mc("create", "n", "--role", "r", "--file", "a:/etc/a"))

    assert file["contents"] == {"source": source}


def test_what_is_large_is_compressed_where_that_helps(mc: Run) -> None:
    local("large", b"x" * 40_000)
    local("noise", Random(1).randbytes(40_000))  # noqa: S311 - it only must not compress
    local("small", b"x" * 32_000)

    def contents(name: str) -> Any:  # noqa: ANN401 - any JSON
        return the_file(mc("create", "n", "--role", "r", "--file", f"{name}:/etc/a"))["contents"]

    compressed = contents("large")
    data = base64.b64decode(compressed["source"].partition(",")[2])
    assert (compressed["compression"], gzip.decompress(data)) == ("gzip", b"x" * 40_000)
    assert contents("large") == compressed, "the same file is the same manifest every time"
    assert "compression" not in contents("noise")
    assert "compression" not in contents("small")


def test_units_and_drop_ins_are_told_apart_by_their_folder(mc: Run) -> None:
    local("app.service", UNIT)
    local("app.service.d/limits.conf", "[Service]\nNice=5\n")
    local("kubelet.service.d/10-a.conf", "[Service]\nNice=1\n")
    files = ("app.service", "app.service.d/limits.conf", "kubelet.service.d/10-a.conf")

    made = config(mc("create", "n", "--role", "r", *(w for f in files for w in ("--unit", f))))

    assert made["systemd"]["units"] == [
        {
            "name": "app.service",
            "contents": UNIT,
            "dropins": [{"name": "limits.conf", "contents": "[Service]\nNice=5\n"}],
        },
        {
            "name": "kubelet.service",
            "dropins": [{"name": "10-a.conf", "contents": "[Service]\nNice=1\n"}],
        },
    ]


def test_enable_is_for_the_units_given_and_not_for_those_that_only_get_a_drop_in(mc: Run) -> None:
    local("app.service", UNIT)
    local("kubelet.service.d/10-a.conf", "[Service]\nNice=1\n")
    words = ("create", "n", "--role", "r", "--enable", "--unit", "kubelet.service.d/10-a.conf")

    units = config(mc(*words, "--unit", "app.service"))["systemd"]["units"]
    assert {each["name"]: each.get("enabled") for each in units} == {
        "app.service": True,
        "kubelet.service": None,
    }

    alone = mc(*words)
    assert alone.code == 1
    assert "no unit to enable" in alone.stderr


def test_each_line_that_is_a_key_is_one(mc: Run) -> None:
    local("keys", f'# the team\n\n{KEY}\nfrom="10.0.0.0/8" {KEY} \n')

    [user] = config(mc("create", "n", "--role", "r", "--ssh-key", "keys"))["passwd"]["users"]

    assert user == {"name": "boot", "sshAuthorizedKeys": [KEY, f'from="10.0.0.0/8" {KEY}']}


def test_a_private_key_is_never_printed(mc: Run) -> None:
    local("id", "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n")

    ended = mc("create", "n", "--role", "r", "--ssh-key", "id")

    assert (ended.code, ended.stdout) == (1, "")
    assert "id:1 is no public SSH key" in ended.stderr
    assert "c2VjcmV0" not in ended.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(
            ("--file", "a:/a"),
            "--file a:/a: error: path: /a is directly in /",
            id="a path that nodes cannot have",
        ),
        pytest.param(("--file", "a:/etc/a:4755"), "above 0777", id="a special mode"),
        pytest.param(("--file", "a:/etc/a:0888"), '"0888" is no mode', id="no mode at all"),
        pytest.param(
            ("--file", "a:/etc/a", "--file", "a:/etc/a"), "duplicate entry", id="a file twice"
        ),
        pytest.param(("--unit", "a"), "--unit a: error: name: invalid", id="no unit's name"),
        pytest.param(("--file", "a"), "LOCAL:REMOTE", id="no path on the node"),
        pytest.param(("--unit", "b.service", "--unit", "c/b.service"), "twice", id="a unit twice"),
        pytest.param(("--file", "a:/etc/a:"), '"" is no mode', id="an empty mode"),
        pytest.param(("--file", "a:/etc/a:b"), "written by hand", id="a colon in the path"),
        pytest.param(("--file", "a:/etc/a\udce4"), "is not UTF-8", id="a path in Latin-1"),
        pytest.param((), "nothing to put into n", id="nothing at all"),
        pytest.param(("--unit", "l.conf"), "X.service.d", id="a drop-in without its unit"),
        pytest.param(
            ("--unit", "a.foo.d/l.conf"), "a.foo.d/l.conf: error", id="no unit to drop in"
        ),
        pytest.param(("--unit", "latin.service"), "is not UTF-8", id="a unit in Latin-1"),
        pytest.param(
            ("--unit", "esc.service"), "esc.service:2 holds a control", id="what terminals obey"
        ),
        pytest.param(
            ("--unit", "broken.service"), "broken.service: error: contents:", id="no unit"
        ),
    ],
)
def test_what_would_be_refused_later_is_not_printed(
    mc: Run, words: tuple[str, ...], said: str
) -> None:
    local("a")
    local("b.service", UNIT)
    local("c/b.service", UNIT)
    local("l.conf", "[Service]\n")
    local("a.foo.d/l.conf", "[Service]\n")
    local("latin.service", b"[Unit]\nDescription=\xe4\n")
    local("esc.service", "[Unit]\nDescription=\x1b\n")
    local("broken.service", "[Unit")

    ended = mc("create", "n", "--role", "r", *words)

    assert (ended.code, ended.stdout) == (1, "")
    assert said in ended.stderr


def test_a_key_that_is_there_twice_is_kept_once_and_a_mark_before_it_is_not_kept(mc: Run) -> None:
    local("keys", f"\ufeff{KEY}\r\n{KEY}\r\n")

    [user] = config(mc("create", "n", "--role", "r", "--ssh-key", "keys"))["passwd"]["users"]

    assert user["sshAuthorizedKeys"] == [KEY]


def test_a_line_that_is_no_key_is_named_with_its_file(mc: Run) -> None:
    local("keys", f"# ours\n{KEY}\nssh-ed25519\n")

    ended = mc("create", "n", "--role", "r", "--ssh-key", "keys")

    assert ended.code == 1
    assert "--ssh-key keys:3 is no public SSH key" in ended.stderr


@pytest.mark.parametrize(
    ("role", "said"),
    [
        pytest.param("master", "", id="a default pool's"),
        pytest.param(
            "wroker",
            "--role wroker: warning: no default pool selects this role, so a MachineConfigPool "
            "has to\n  did you mean worker?\n",
            id="a slip",
        ),
        pytest.param(
            "infra",
            "--role infra: warning: no default pool selects this role, so a MachineConfigPool "
            "has to\n",
            id="one of one's own",
        ),
    ],
)
def test_a_role_that_no_default_pool_selects_is_told(mc: Run, role: str, said: str) -> None:
    local("a")

    ended = mc("create", "n", "--role", role, "--file", "a:/etc/a")

    assert (ended.code, ended.stderr) == (0, said)


def test_an_empty_role_is_refused(mc: Run) -> None:
    local("a")

    ended = mc("create", "n", "--role", "", "--file", "a:/etc/a")

    assert (ended.code, ended.stdout) == (1, "")
    assert "--role is empty" in ended.stderr


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        pytest.param("folder", 2, "folder is a folder", id="a folder"),
        pytest.param("/dev/zero", 2, "/dev/zero is no regular file", id="a device without an end"),
        pytest.param("pipe", 2, "pipe is no regular file", id="a pipe that nobody writes to"),
        pytest.param("large", 1, "large has more than 16777216 bytes", id="too large for a node"),
    ],
)
@pytest.mark.parametrize("option", ["--file", "--unit", "--ssh-key"])
def test_what_cannot_be_managed_is_not_even_read(
    mc: Run, option: str, name: str, code: int, said: str
) -> None:
    Path("folder").mkdir()
    os.mkfifo("pipe")
    with Path("large").open("wb") as large:
        large.truncate(LARGEST + 1)

    ended = mc(
        "create", "n", "--role", "r", option, f"{name}:/etc/a" if option == "--file" else name
    )

    assert (ended.code, ended.stdout) == (code, "")
    assert said in ended.stderr


@pytest.mark.parametrize("option", ["--unit", "--ssh-key"])
def test_a_local_file_that_is_not_there_is_named(mc: Run, option: str) -> None:
    ended = mc("create", "n", "--role", "r", option, "nowhere")

    assert ended.code == 2
    assert "nowhere: no such file or directory" in ended.stderr


def test_text_that_looks_like_something_else_is_read_back_as_it_was(mc: Run) -> None:
    local("a")

    ended = mc("create", "1e3", "--role", "0o17", "--file", "a:/etc/a")

    assert "name: '1e3'" in ended.stdout
    assert "role: '0o17'" in ended.stdout
