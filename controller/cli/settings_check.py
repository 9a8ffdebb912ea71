"""Whether what the settings name on this machine is there and can be used."""

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
    "kubectl": "drains the nodes",
    "ssh": "reaches them",
    "ssh-keygen": "reads keys",
}
_SEEN_BY_OTHERS: Final = 0o077
_MARKER: Final = re.compile(r"^@(cert-authority|revoked)\s+")


@dataclass(frozen=True)
class Unfit:
    """A setting, what is wrong with what it names, and what to do about it."""

    setting: str
    reason: str
    remedy: str


class UnfitError(Exception):
    """The controller cannot start; `found` says for each setting why."""

    def __init__(self, found: Sequence[Unfit]) -> None:
        super().__init__("; ".join(f"{each.setting}: {each.reason}" for each in found))
        self.found = found


def unfit(settings: Settings) -> Iterator[Unfit]:
    """Everything that would fail later, on the first node at the latest."""
    missing = [(name, use) for name, use in _PROGRAMS.items() if not shutil.which(name)]
    for name, use in missing:
        yield Unfit("PATH", f"{name}, which {use}, is not on it", f"install {name}")
    if settings.ssh_key and not missing:
        yield from _key(settings.ssh_key)
    if settings.ssh_known_hosts and not missing:
        yield from _known_hosts(settings.ssh_known_hosts)
    if settings.playbooks and not (settings.playbooks / "update.yml").is_file():
        reason = f"{settings.playbooks} has no update.yml"
        yield Unfit("MACHINECONFIG_PLAYBOOKS", reason, "name the folder of the playbooks")


def _key(key: Path) -> Iterator[Unfit]:
    setting = "MACHINECONFIG_SSH_KEY"
    if why := _unreadable(key):
        yield Unfit(setting, why, "name the file of the private key")
        return
    found = key.stat()
    if found.st_uid == os.geteuid() and found.st_mode & _SEEN_BY_OTHERS:
        mode = stat.S_IMODE(found.st_mode)
        reason = f"{key} has mode {mode:04o}, and ssh uses no key that others may read"
        yield Unfit(setting, reason, f"chmod 600 {key}")
        return
    # An agent may hold the key, of which this is the public part or an encrypted copy.
    said = "" if "SSH_AUTH_SOCK" in os.environ else _refusal("-y", "-P", "", "-f", str(key))
    if "passphrase" in said:
        remedy = f"take it away: ssh-keygen -p -N '' -f {key}"
        yield Unfit(
            setting, f"{key} is encrypted, and nobody is there to type a passphrase", remedy
        )
    elif said:
        yield Unfit(setting, f"{key} is no private key: {said}", "name the file without .pub")


def _known_hosts(known: Path) -> Iterator[Unfit]:
    setting, remedy = "MACHINECONFIG_SSH_KNOWN_HOSTS", "write each node's host key under its name"
    if why := _unreadable(known):
        yield Unfit(setting, why, remedy)
        return
    entries = "\n".join(_entries(known.read_text(errors="replace")))
    if entries and _refusal("-l", "-f", "-", text=entries):
        yield Unfit(setting, f"{known} holds no host key", remedy)


def _entries(known_hosts: str) -> Iterator[str]:
    """The hosts and keys of the lines, without the markers, which ssh-keygen does not read."""
    for line in map(str.strip, known_hosts.splitlines()):
        if line and not line.startswith("#"):
            yield _MARKER.sub("", line)


def _unreadable(file: Path) -> str:
    try:
        with file.open("rb"):
            return ""
    except OSError as error:
        return f"{file} cannot be read: {(error.strerror or str(error)).lower()}"


def _refusal(*arguments: str, text: str = "") -> str:
    """Why ssh-keygen refuses a file or a text, in its last words; empty where it does not."""
    done = subprocess.run(
        ["ssh-keygen", *arguments],
        input=text,
        capture_output=True,
        check=False,
        text=True,
        errors="replace",
    )
    words = done.stderr.strip() or "ssh-keygen refuses it"
    return "" if done.returncode == 0 else words.splitlines()[-1]
