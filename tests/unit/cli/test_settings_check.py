"""Files and programs that the settings refer to are checked when the controller starts."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from socket import socket

import pytest

from controller.cli.machineconfig_controller import _run, _serve_metrics, _settings
from controller.cli.settings_check import SettingsError, check_settings
from controller.cluster.api_server import ApiServer
from controller.settings import Settings

_KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: test
contexts: [{name: test, context: {cluster: test, user: test}}]
clusters: [{name: test, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: test, user: {}}]
"""


def _key(folder: Path, passphrase: str = "") -> Path:
    key = folder / "key"
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(key)]
    subprocess.run(command, check=True)
    return key


def _file(folder: Path, text: str) -> Path:
    file = folder / "file"
    file.write_text(text)
    file.chmod(0o600)
    return file


def _readable_for_others(folder: Path) -> Path:
    key = _key(folder)
    key.chmod(0o644)
    return key


@pytest.mark.parametrize(
    ("create", "reason", "remedy"),
    [
        pytest.param(
            lambda folder: folder / "none",
            "cannot be read: no such file or directory",
            "name the file of the private key",
            id="missing",
        ),
        pytest.param(
            lambda folder: folder,
            "cannot be read: is a directory",
            "name the file of the private key",
            id="a folder",
        ),
        pytest.param(
            lambda folder: _file(folder, "not a key\n"),
            "is not a private key: ",
            "name the file without .pub",
            id="not a key",
        ),
        pytest.param(
            lambda folder: _file(folder, _key(folder).with_suffix(".pub").read_text()),
            "is not a private key: ",
            "name the file without .pub",
            id="a public key",
        ),
        pytest.param(
            _readable_for_others,
            "has mode 0644, and ssh refuses keys that others may read",
            "chmod 600 ",
            id="readable for others",
        ),
        pytest.param(
            lambda folder: _key(folder, "secret"),
            "is encrypted, and no passphrase can be entered",
            "remove it: ssh-keygen -p -N '' -f ",
            id="encrypted",
        ),
    ],
)
def test_a_key_that_ssh_cannot_use_is_refused_with_a_remedy(
    create: Callable[[Path], Path],
    reason: str,
    remedy: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    key = create(tmp_path)

    (problem,) = check_settings(Settings(ssh_key=key))

    assert problem.setting == "MACHINECONFIG_SSH_KEY"
    assert problem.reason.startswith(f"{key} {reason}")
    assert problem.remedy.startswith(remedy)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(None, "cannot be read: no such file or directory", id="missing"),
        pytest.param("worker-1 ssh-ed25519\n", "contains no host key", id="not a key"),
        pytest.param("@cert-authority * ssh-ed25519\n", "contains no host key", id="no authority"),
    ],
)
def test_a_known_hosts_file_without_valid_keys_is_refused(
    text: str | None, reason: str, tmp_path: Path
) -> None:
    known = tmp_path / "none" if text is None else _file(tmp_path, text)

    (problem,) = check_settings(Settings(ssh_known_hosts=known))

    assert (problem.setting, problem.reason) == (
        "MACHINECONFIG_SSH_KNOWN_HOSTS",
        f"{known} {reason}",
    )
    assert problem.remedy == "write each node's host key under its name"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("# ours\nworker-1 {key}", id="a host"),
        pytest.param("@cert-authority *.example.com {key}", id="an authority"),
        pytest.param("@revoked * {key}\n@cert-authority\t* {key}", id="markers"),
        pytest.param("no key\nworker-1 {key}", id="a line that ssh skips"),
        pytest.param("", id="no nodes yet"),
        pytest.param("# to come\n\n", id="comments"),
    ],
)
def test_what_ssh_can_use_is_accepted(text: str, tmp_path: Path) -> None:
    key = _key(tmp_path)
    known = _file(tmp_path, text.format(key=key.with_suffix(".pub").read_text()))

    assert list(check_settings(Settings(ssh_key=key, ssh_known_hosts=known))) == []


def test_missing_programs_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    remedies = [problem.remedy for problem in check_settings(Settings())]

    assert remedies == ["install kubectl", "install ssh", "install ssh-keygen"]


def test_a_folder_without_playbooks_is_refused(tmp_path: Path) -> None:
    (problem,) = check_settings(Settings(playbooks=tmp_path))

    assert (problem.setting, problem.reason) == (
        "MACHINECONFIG_PLAYBOOKS",
        f"{tmp_path} has no update.yml",
    )


@pytest.mark.parametrize(
    ("address", "setting"),
    [("127.0.0.1", "MACHINECONFIG_METRICS_PORT"), ("192.0.2.1", "MACHINECONFIG_METRICS_ADDRESS")],
)
def test_a_port_in_use_is_reported_with_its_setting(address: str, setting: str) -> None:
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(SettingsError, match=f"{setting}: cannot listen on {address}:{port}: "):
            _serve_metrics(Settings(metrics_address=address, metrics_port=port), str)


def test_a_kubeconfig_that_is_replaced_during_the_start_is_an_invalid_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(_KUBECONFIG)
    read = ApiServer.__init__

    def read_and_replace(server: ApiServer, file: Path | None, timeout: float) -> None:
        read(server, file, timeout)
        kubeconfig.write_text("")

    monkeypatch.setattr(ApiServer, "__init__", read_and_replace)

    with pytest.raises(SettingsError) as error:
        _run(Settings(kubeconfig=kubeconfig))

    assert [each.setting for each in error.value.problems] == ["KUBECONFIG"]


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("MACHINECONFIG_SSH_PORT", '"abc" is not an integer'),
        ("MACHINECONFIG_DRAIN_RETRY", '"abc" is not a number'),
    ],
)
def test_a_setting_that_is_not_a_number_is_refused(
    setting: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(setting, "abc")

    with pytest.raises(SettingsError, match=f"^{setting}: {reason}$"):
        _settings()
