"""The check of what the settings refer to on this machine, before the controller starts."""

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from controller.settings import Settings

_PROGRAMS: Final = {
    "kubectl": "drains nodes",
    "ssh": "connects to nodes",
    "ssh-keygen": "reads keys",
}
_ACCESS_FOR_OTHERS: Final = 0o077
_MARKER: Final = re.compile(r"^@(cert-authority|revoked)\s+")


@dataclass(frozen=True)
class SettingProblem:
    """A setting, the reason why it cannot be used, and the remedy."""

    setting: str
    reason: str
    remedy: str


class SettingsError(Exception):
    """The controller cannot start because of the problems of its settings."""

    def __init__(self, problems: Sequence[SettingProblem]) -> None:
        super().__init__("; ".join(f"{problem.setting}: {problem.reason}" for problem in problems))
        self.problems = problems


def check_settings(settings: Settings) -> Iterator[SettingProblem]:
    """Yield the problems that would otherwise appear on the first node."""
    missing = [(name, use) for name, use in _PROGRAMS.items() if not shutil.which(name)]
    for name, use in missing:
        reason = f"does not contain {name}, which {use}"
        yield SettingProblem("PATH", reason, f"install {name}")
    if settings.ssh_key and not missing:
        yield from _check_key(settings.ssh_key)
    if settings.ssh_known_hosts and not missing:
        yield from _check_known_hosts(settings.ssh_known_hosts)
    if settings.playbooks and not (settings.playbooks / "update.yml").is_file():
        reason = f"{settings.playbooks} has no update.yml"
        yield SettingProblem("MACHINECONFIG_PLAYBOOKS", reason, "name the folder of the playbooks")


def _check_key(key: Path) -> Iterator[SettingProblem]:
    setting = "MACHINECONFIG_SSH_KEY"
    if reason := _read_error(key):
        yield SettingProblem(setting, reason, "name the file of the private key")
        return
    found = key.stat()
    if found.st_uid == os.geteuid() and found.st_mode & _ACCESS_FOR_OTHERS:
        mode = stat.S_IMODE(found.st_mode)
        reason = f"{key} has mode {mode:04o}, and ssh refuses keys that others may read"
        yield SettingProblem(setting, reason, f"chmod 600 {key}")
        return
    # With an agent the file may be the public key, or an encrypted copy of the private one.
    refusal = "" if "SSH_AUTH_SOCK" in os.environ else _refusal("-y", "-P", "", "-f", str(key))
    if "passphrase" in refusal:
        reason = f"{key} is encrypted, and no passphrase can be entered"
        yield SettingProblem(setting, reason, f"remove it: ssh-keygen -p -N '' -f {key}")
    elif refusal:
        reason = f"{key} is not a private key: {refusal}"
        yield SettingProblem(setting, reason, "name the file without .pub")


def _check_known_hosts(known_hosts: Path) -> Iterator[SettingProblem]:
    setting, remedy = "MACHINECONFIG_SSH_KNOWN_HOSTS", "write each node's host key under its name"
    if reason := _read_error(known_hosts):
        yield SettingProblem(setting, reason, remedy)
        return
    entries = "\n".join(_entries(known_hosts.read_text(errors="replace")))
    if entries and _refusal("-l", "-f", "-", text=entries):
        yield SettingProblem(setting, f"{known_hosts} contains no host key", remedy)


def _entries(known_hosts: str) -> Iterator[str]:
    """Yield the lines without their markers, which ssh-keygen cannot read."""
    for line in map(str.strip, known_hosts.splitlines()):
        if line and not line.startswith("#"):
            yield _MARKER.sub("", line)


def _read_error(file: Path) -> str:
    try:
        with file.open("rb"):
            return ""
    except OSError as error:
        return f"{file} cannot be read: {(error.strerror or str(error)).lower()}"


def _refusal(*arguments: str, text: str = "") -> str:
    """Return the last line of ssh-keygen's error; empty if it accepts the file or text."""
    done = subprocess.run(
        ["ssh-keygen", *arguments],
        input=text,
        capture_output=True,
        check=False,
        text=True,
        errors="replace",
    )
    message = done.stderr.strip() or "ssh-keygen refuses it"
    return "" if done.returncode == 0 else message.splitlines()[-1]
