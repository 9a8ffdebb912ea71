"""`kubectl mc create` prints a valid manifest made from local files."""

import base64
import gzip
import os
from pathlib import Path
from random import Random
from typing import Any

import pytest

from controller.rendering.contents import LARGEST
from tests.unit.cli.kubectl_mc.conftest import Run
from tests.unit.cli.kubectl_mc.manifests import Result

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBBBB alice@example.com"
UNIT = "[Service]\nExecStart=/bin/true\n\n[Install]\nWantedBy=multi-user.target\n"


def config(result: Result) -> Any:  # noqa: ANN401 - any JSON
    assert result.code == 0, result.stderr
    return result.yaml["spec"]["config"]


def the_file(result: Result) -> Any:  # noqa: ANN401 - any JSON
    [file] = config(result)["storage"]["files"]
    return file


def local(name: str, data: bytes | str = "hello\n", mode: int = 0o644) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    path.chmod(mode)
    return path


def test_the_output_is_a_manifest_for_kubectl_apply(mc: Run) -> None:
    local("motd")

    result = mc("create", "50-motd", "--role", "worker", "--file", "motd:/etc/motd:0640")

    assert (result.code, result.stderr) == (0, "")
    assert result.stdout == (
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
    arguments = ("create", "50-motd", "--role", "worker", "--file", "motd:/etc/motd")

    assert mc(*arguments, "-o", "json").json == mc(*arguments).yaml
    assert '"mode": 420' in mc(*arguments, "-o", "json").stdout


@pytest.mark.parametrize(
    ("own", "given", "expected"),
    [
        pytest.param(0o644, "", 0o644, id="the local file's"),
        pytest.param(0o755, "", 0o755, id="an executable stays one"),
        pytest.param(0o666, "", 0o644, id="not writable for others"),
        pytest.param(0o4775, "", 0o755, id="no special bits"),
        pytest.param(0o600, "", 0o600, id="a secret stays protected"),
        pytest.param(0o644, ":0664", 0o664, id="the given mode"),
        pytest.param(0o644, ":600", 0o600, id="without the leading zero"),
        pytest.param(0o600, ":0o644", 0o644, id="as Python and YAML 1.2 write it"),
    ],
)
def test_a_file_has_the_given_mode_or_its_own(mc: Run, own: int, given: str, expected: int) -> None:
    local("a", mode=own)

    assert the_file(mc("create", "n", "--role", "r", "--file", f"a:/etc/a{given}"))["mode"] == (
        expected
    )


@pytest.mark.parametrize(
    ("data", "source"),
    [
        pytest.param(b"a=b c\n", "data:,a=b%20c%0A", id="text stays readable"),
        pytest.param("\u00e4".encode(), "data:,%C3%A4", id="as long as base64, so readable"),
        pytest.param(b"", "data:,", id="empty"),
        pytest.param(b"\x00\x01", "data:;base64,AAE=", id="bytes"),
        pytest.param(b"\x1b[31m", "data:;base64,G1szMW0=", id="a control character"),
        pytest.param(b"\n" * 30, f"data:;base64,{'CgoK' * 10}", id="text that escapes lengthen"),
    ],
)
def test_contents_are_readable_if_that_is_not_longer(mc: Run, data: bytes, source: str) -> None:
    local("a", data)

    file = the_file(mc("create", "n", "--role", "r", "--file", "a:/etc/a"))

    assert file["contents"] == {"source": source}


def test_large_contents_are_compressed_if_that_is_shorter(mc: Run) -> None:
    local("large", b"x" * 40_000)
    local("noise", Random(1).randbytes(40_000))  # noqa: S311 - it only has to be incompressible
    local("small", b"x" * 32_000)

    def contents(name: str) -> Any:  # noqa: ANN401 - any JSON
        return the_file(mc("create", "n", "--role", "r", "--file", f"{name}:/etc/a"))["contents"]

    compressed = contents("large")
    data = base64.b64decode(compressed["source"].partition(",")[2])
    assert (compressed["compression"], gzip.decompress(data)) == ("gzip", b"x" * 40_000)
    assert contents("large") == compressed, "the output is reproducible"
    assert "compression" not in contents("noise")
    assert "compression" not in contents("small")


def test_a_drop_in_is_recognized_by_its_folder(mc: Run) -> None:
    local("app.service", UNIT)
    local("app.service.d/limits.conf", "[Service]\nNice=5\n")
    local("kubelet.service.d/10-a.conf", "[Service]\nNice=1\n")
    files = ("app.service", "app.service.d/limits.conf", "kubelet.service.d/10-a.conf")

    created = config(mc("create", "n", "--role", "r", *(w for f in files for w in ("--unit", f))))

    assert created["systemd"]["units"] == [
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


def test_enable_applies_to_units_but_not_to_those_that_only_get_a_drop_in(mc: Run) -> None:
    local("app.service", UNIT)
    local("kubelet.service.d/10-a.conf", "[Service]\nNice=1\n")
    arguments = ("create", "n", "--role", "r", "--enable", "--unit", "kubelet.service.d/10-a.conf")

    units = config(mc(*arguments, "--unit", "app.service"))["systemd"]["units"]
    assert {each["name"]: each.get("enabled") for each in units} == {
        "app.service": True,
        "kubelet.service": None,
    }

    alone = mc(*arguments)
    assert alone.code == 1
    assert "no unit to enable" in alone.stderr


def test_each_key_line_is_a_key(mc: Run) -> None:
    local("keys", f'# the team\n\n{KEY}\nfrom="10.0.0.0/8" {KEY} \n')

    [user] = config(mc("create", "n", "--role", "r", "--ssh-key", "keys"))["passwd"]["users"]

    assert user == {"name": "boot", "sshAuthorizedKeys": [KEY, f'from="10.0.0.0/8" {KEY}']}


def test_a_private_key_is_never_printed(mc: Run) -> None:
    local("id", "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n")

    result = mc("create", "n", "--role", "r", "--ssh-key", "id")

    assert (result.code, result.stdout) == (1, "")
    assert "id:1 is not a public SSH key" in result.stderr
    assert "c2VjcmV0" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        pytest.param(
            ("--file", "a:/a"),
            "--file a:/a: error: path: /a is directly in /",
            id="an unsupported path",
        ),
        pytest.param(("--file", "a:/etc/a:4755"), "above 0777", id="a special mode"),
        pytest.param(("--file", "a:/etc/a:0888"), '"0888" is not a mode', id="an invalid mode"),
        pytest.param(
            ("--file", "a:/etc/a", "--file", "a:/etc/a"),
            "--file a:/etc/a: /etc/a is given twice\n  remove one\n",
            id="a file twice",
        ),
        pytest.param(("--unit", "a"), "--unit a: error: name: invalid", id="an invalid unit name"),
        pytest.param(("--file", "a"), "LOCAL:REMOTE", id="no path on the node"),
        pytest.param(("--unit", "b.service", "--unit", "c/b.service"), "twice", id="a unit twice"),
        pytest.param(("--file", "a:/etc/a:"), '"" is not a mode', id="an empty mode"),
        pytest.param(
            ("--file", "a:/etc/a:b"), "write the manifest by hand", id="a colon in the path"
        ),
        pytest.param(("--file", "a:/etc/a\udce4"), "is not UTF-8", id="a path in Latin-1"),
        pytest.param((), "n would be empty", id="nothing at all"),
        pytest.param(("--unit", "l.conf"), "X.service.d", id="a drop-in without its unit"),
        pytest.param(
            ("--unit", "a.foo.d/l.conf"), "a.foo.d/l.conf: error", id="a drop-in of no unit"
        ),
        pytest.param(("--unit", "latin.service"), "is not UTF-8", id="a unit in Latin-1"),
        pytest.param(
            ("--unit", "esc.service"), "esc.service:2 contains a control", id="a control character"
        ),
        pytest.param(
            ("--unit", "broken.service"), "broken.service: error: contents:", id="not a unit"
        ),
    ],
)
def test_what_would_be_invalid_is_not_printed(
    mc: Run, arguments: tuple[str, ...], reason: str
) -> None:
    local("a")
    local("b.service", UNIT)
    local("c/b.service", UNIT)
    local("l.conf", "[Service]\n")
    local("a.foo.d/l.conf", "[Service]\n")
    local("latin.service", b"[Unit]\nDescription=\xe4\n")
    local("esc.service", "[Unit]\nDescription=\x1b\n")
    local("broken.service", "[Unit")

    result = mc("create", "n", "--role", "r", *arguments)

    assert (result.code, result.stdout) == (1, "")
    assert reason in result.stderr


def test_duplicate_keys_are_dropped_and_a_byte_order_mark_is_ignored(mc: Run) -> None:
    local("keys", f"\ufeff{KEY}\r\n{KEY}\r\n")

    [user] = config(mc("create", "n", "--role", "r", "--ssh-key", "keys"))["passwd"]["users"]

    assert user["sshAuthorizedKeys"] == [KEY]


def test_an_invalid_key_line_is_reported_with_its_file(mc: Run) -> None:
    local("keys", f"# ours\n{KEY}\nssh-ed25519\n")

    result = mc("create", "n", "--role", "r", "--ssh-key", "keys")

    assert result.code == 1
    assert "--ssh-key keys:3 is not a public SSH key" in result.stderr


@pytest.mark.parametrize(
    ("role", "warning"),
    [
        pytest.param("master", "", id="of a default pool"),
        pytest.param(
            "wroker",
            "--role wroker: warning: no default pool selects this role: only a custom pool "
            "can\n  did you mean worker?\n",
            id="a typing error",
        ),
        pytest.param(
            "infra",
            "--role infra: warning: no default pool selects this role: only a custom pool can\n",
            id="of a custom pool",
        ),
    ],
)
def test_a_role_that_no_default_pool_selects_is_a_warning(mc: Run, role: str, warning: str) -> None:
    local("a")

    result = mc("create", "n", "--role", role, "--file", "a:/etc/a")

    assert (result.code, result.stderr) == (0, warning)


def test_an_empty_role_is_refused(mc: Run) -> None:
    local("a")

    result = mc("create", "n", "--role", "", "--file", "a:/etc/a")

    assert (result.code, result.stdout) == (1, "")
    assert "--role is empty" in result.stderr


@pytest.mark.parametrize(
    ("name", "code", "reason"),
    [
        pytest.param("folder", 2, "folder is a folder", id="a folder"),
        pytest.param("/dev/zero", 2, "/dev/zero is not a regular file", id="an endless device"),
        pytest.param("pipe", 2, "pipe is not a regular file", id="a pipe, whose read would block"),
        pytest.param("large", 1, "large is larger than 16777216 bytes", id="too large for a node"),
    ],
)
@pytest.mark.parametrize("option", ["--file", "--unit", "--ssh-key"])
def test_what_cannot_be_managed_is_not_read(
    mc: Run, option: str, name: str, code: int, reason: str
) -> None:
    Path("folder").mkdir()
    os.mkfifo("pipe")
    with Path("large").open("wb") as large:
        large.truncate(LARGEST + 1)

    result = mc(
        "create", "n", "--role", "r", option, f"{name}:/etc/a" if option == "--file" else name
    )

    assert (result.code, result.stdout) == (code, "")
    assert reason in result.stderr


@pytest.mark.parametrize("option", ["--unit", "--ssh-key"])
def test_a_missing_local_file_is_reported(mc: Run, option: str) -> None:
    result = mc("create", "n", "--role", "r", option, "nowhere")

    assert result.code == 2
    assert "nowhere: no such file or directory" in result.stderr


def test_strings_that_look_like_numbers_are_quoted(mc: Run) -> None:
    local("a")

    result = mc("create", "1e3", "--role", "0o17", "--file", "a:/etc/a")

    assert "name: '1e3'" in result.stdout
    assert "role: '0o17'" in result.stdout


def test_an_invalid_name_is_reported_once(mc: Run) -> None:
    local("a")

    result = mc("create", "Big_One", "--role", "worker", "--file", "a:/etc/a")

    assert result.code == 1
    assert result.stderr.startswith('name: error: "Big_One" is not a valid object name\n')
    assert result.stderr.count("Big_One") == 1
