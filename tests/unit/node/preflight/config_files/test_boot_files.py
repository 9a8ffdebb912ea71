"""Files that would break the next boot or a login are refused without their contents."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from machineconfig_node.base.view import View
from machineconfig_node.preflight import kubelet
from machineconfig_node.preflight.config_files import accounts, by_path

from tests.unit.node.view import Node, Tools

HOSTNAME = "/etc/hostname"
HERE = os.uname().nodename


def problems(path: str, text: str, **node: Any) -> list[str]:  # noqa: ANN401 - members of a node
    """Return the problems of a file with this text."""
    files = {path: text, **node.pop("files", {})}
    view = Tools(Node()._replace(files=files, **node))
    return [each for check in by_path.checks([path]) for each in check(view)]


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The command lines of the processes of a machine, one of which is the kubelet."""
    running = [b"init\0", b"kubelet\0--v=2\0"]
    (tmp_path / "swaps").write_text("Filename Type Size Used Priority\n")
    monkeypatch.setattr(kubelet, "FOLDER", str(tmp_path))
    monkeypatch.setattr(kubelet, "_SWAPS", str(tmp_path / "swaps"))
    monkeypatch.setattr(kubelet, "_command_lines", lambda **_: iter(running))
    return running


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("text", [HERE, f"# by us\n\n{HERE}\n", HERE.upper()])
def test_a_host_may_get_the_name_that_it_has(text: str) -> None:
    assert problems(HOSTNAME, text) == []


@pytest.mark.usefixtures("running")
def test_a_name_under_which_the_kubelet_would_register_another_node_is_refused() -> None:
    [said] = problems(HOSTNAME, "Another.example\n")

    assert f"the kubelet of the Node {HERE} would register another one, another.example" in said
    assert "--hostname-override" in said


def test_a_node_with_a_name_of_its_own_may_get_another_host_name(running: list[bytes]) -> None:
    running.append(b"kubelet\0--hostname-override=a\0")

    assert problems(HOSTNAME, "another") == []


def test_a_machine_without_a_kubelet_may_get_another_host_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kubelet, "FOLDER", "/nowhere")

    assert problems(HOSTNAME, "another") == []


SWAP = "/etc/hostname none swap sw"


@pytest.mark.usefixtures("running")
def test_swap_space_with_which_the_kubelet_would_not_start_is_refused() -> None:
    [said] = problems("/etc/fstab", SWAP)

    assert "the kubelet would not start with the swap space /etc/hostname" in said


KUBELET = b"/usr/bin/kubelet\0--config=/etc/kubelet.yaml\0"


def test_swap_space_that_the_config_of_the_kubelet_does_not_accept_is_refused(
    running: list[bytes],
) -> None:
    running[:] = [KUBELET]

    [said] = problems("/etc/fstab", SWAP, files={"/etc/kubelet.yaml": "failSwapOn: true\n"})

    assert "the kubelet would not start with the swap space" in said


@pytest.mark.parametrize(
    ("processes", "files"),
    [
        ([b"kubelet\0--fail-swap-on=false\0"], {}),
        ([KUBELET], {"/etc/kubelet.yaml": "kind: KubeletConfiguration\nfailSwapOn: false\n"}),
        ([KUBELET.replace(b"=", b"\0")], {"/etc/kubelet.yaml": '{"a":1,"failSwapOn": false}'}),
        ([KUBELET], {}),
        ([b"kubelet\0"], {"/etc/default/kubelet": "KUBELET_EXTRA_ARGS=--fail-swap-on=false\n"}),
        ([b"/usr/local/bin/k3s\0agent\0"], {}),
        ([], {}),
    ],
    ids=["option", "config", "JSON", "unknown config", "later option", "k3s", "no kubelet"],
)
def test_swap_space_that_the_kubelet_accepts_is_no_problem(
    running: list[bytes], processes: list[bytes], files: dict[str, str]
) -> None:
    running[:] = processes

    assert problems("/etc/fstab", SWAP, files=files) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root sees the namespaces of others")
def test_only_processes_of_root_on_the_host_have_a_say_in_swap_space() -> None:
    words = ["sh", "-c", "echo; read x", "of-a-user"]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, user=65534, text=True, stdin=pipe, stdout=pipe) as process:
        assert process.stdout
        process.stdout.readline()
        every, of_host = (
            [line for line in kubelet._command_lines(of_host=each) if b"of-a-user" in line]  # noqa: SLF001
            for each in (False, True)
        )
        process.communicate("")

    assert every
    assert not of_host
    assert list(kubelet._command_lines(of_host=True))  # noqa: SLF001


@pytest.mark.usefixtures("running")
def test_more_swap_space_or_none_at_boot_is_no_problem(tmp_path: Path) -> None:
    assert problems("/etc/fstab", f"{SWAP},noauto") == []
    (tmp_path / "swaps").write_text("Filename\n/swap file 1 2 3\n")

    assert problems("/etc/fstab", SWAP) == []


@pytest.mark.parametrize("text", ["", "# a\n", "two words", "-a", "a_b", "a..b", "a" * 65])
def test_an_invalid_host_name_is_refused(text: str) -> None:
    [said] = problems(HOSTNAME, text)

    assert "is not a host name" in said


def test_a_module_that_the_kernel_lacks_is_refused_by_its_line() -> None:
    text = "# modules\n; more\n\nnothing\n"

    [said] = problems("/etc/modules-load.d/a.conf", text)

    assert said.startswith("/etc/modules-load.d/a.conf: line 4: the kernel has no module nothing")


def test_a_module_that_exists_or_cannot_be_looked_up_is_no_problem() -> None:
    assert problems("/etc/modules", "overlay\n", refused={"sh": ["it is not missing"]}) == []


@pytest.mark.parametrize(
    ("text", "number"), [("[Manager]\nKey\n", 2), ("[Manager\n", 1), ("Key=a\\\nb\nc\n", 2)]
)
def test_a_line_that_systemd_ignores_is_refused_without_its_content(text: str, number: int) -> None:
    path = "/etc/systemd/system.conf"

    [said] = problems(path, text)

    assert said == f"{path}: line {number} is neither a [Section] nor a `Key=value`"


@pytest.mark.parametrize("path", ["/etc/systemd/logind.conf.d/a.conf", "/etc/systemd/user.conf"])
def test_valid_settings_of_systemd_are_no_problem(path: str) -> None:
    assert problems(path, "# a\n; b\n[Login]\nKey = a\\\n  b\nOther=\n") == []


@pytest.mark.parametrize(
    ("path", "line"), [("/etc/shadow", "boot:SECRET"), ("/etc/passwd", "boot:x:1")]
)
def test_a_damaged_line_of_accounts_is_refused_without_its_content(path: str, line: str) -> None:
    good = ":".join("abcdefghi"[: 9 if "shadow" in path else 7])

    found = list(accounts.problems([path], Tools(Node(files={path: f"{good}\n+\n{line}\n"}))))

    assert f"{path}: line 3 does not have" in found[0]
    assert not [each for each in found if "SECRET" in each]


def test_the_users_of_running_processes_are_needed() -> None:
    assert list(accounts.problems(["/etc/passwd"], View())) == []
    found = list(accounts.problems(["/etc/nsswitch.conf"], Tools(Node())))
    assert "the user root (ID 0), as whom processes run now, would not exist" in found[0]


SSHD = "/etc/pam.d/sshd"
MODULE = "/usr/lib/security/pam_unix.so"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("auth required pam_unix.so nullok", ""),
        ("# auth required pam_no.so", ""),
        ("-session optional pam_no.so", ""),
        ("account [success=1 default=ignore] pam_unix.so", ""),
        ("auth required \\\n pam_unix.so", ""),
        (f"auth required {MODULE}", ""),
        ("@include common", ""),
        ("auth include common", ""),
        ("auth include vendor", ""),
        ("auth required pam_no.so", "the module pam_no.so does not exist (install it"),
        ("auth required /no.so", "the module /no.so does not exist"),
        ("@include no", "/etc/pam.d/no does not exist"),
        ("auth substack no", "/etc/pam.d/no does not exist"),
        ("auht required pam_unix.so", "is not a type, a control and a module"),
        ("auth required", "is not a type, a control and a module"),
    ],
)
def test_pam_has_to_find_its_modules_and_files(rule: str, said: str) -> None:
    files = {MODULE: "", "/etc/pam.d/common": "auth required pam_unix.so\n"}
    files["/usr/lib/pam.d/vendor"] = ""

    found = problems(SSHD, f"{rule}\n", files=files)

    assert [each for each in found if each.startswith(f"{SSHD}: line 1: {said}")] == found
    assert bool(found) == bool(said)


def test_pam_files_that_others_include_are_followed() -> None:
    files = {SSHD: "@include common\n", "/etc/pam.d/common": "auth required pam_no.so\n"}

    [said] = problems("/etc/pam.d/other", "", files=files)

    assert said.startswith("/etc/pam.d/common: line 1: the module pam_no.so does not exist")
