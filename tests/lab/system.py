"""The lab's requirements on the host: root, and a few Debian packages."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from tests.lab.report import LabError, step

_PACKAGE_OF = {
    "debootstrap": "debootstrap",
    "openssl": "openssl",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "systemd-nspawn": "systemd-container",
}
# Debian keeps debootstrap in root's PATH only.
_ADMINISTRATOR_PATH = "/usr/local/sbin:/usr/sbin:/sbin"


def require_root() -> None:
    """Fail early, and not in the middle of a mount."""
    if os.geteuid() != 0:
        raise LabError("The lab needs root for its machines and mounts", "Run it with sudo")


def require_packages() -> None:
    """Install missing Debian packages."""
    os.environ["PATH"] += f":{_ADMINISTRATOR_PATH}"
    missing = sorted({pkg for command, pkg in _PACKAGE_OF.items() if not shutil.which(command)})
    if not missing:
        return
    names = " ".join(missing)
    if not shutil.which("apt-get"):
        raise LabError(f"{names} missing, and no apt-get to install them", "Install them by hand")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with step(f"installing {names}"):
        # An outdated package list is useless, but a fresh enough one saves time.
        install = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
        if not _succeeds(install, environment):
            _succeeds(["apt-get", "update"], environment)
            if not _succeeds(install, environment):
                raise LabError(
                    f"apt-get could not install {names}",
                    f"Run: {' '.join(install)}, to see the cause",
                )


def _succeeds(command: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Run a command whose output only matters to a user who repeats it."""
    return (
        subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 0
    )


def run_logged(command: Sequence[str], log: Path, *, problem: str, remedy: str) -> None:
    """Run a long command with its output in a log, and name the log if it fails."""
    # It ends with this process: nothing continues the build of an interrupted lab.
    bound = ["setpriv", "--pdeathsig=KILL", "--", *command]
    with log.open("ab") as output:
        # It inherits the lock under which it builds, and holds it until its last process ends.
        finished = subprocess.run(
            bound,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            close_fds=False,
            check=False,
        )
    if finished.returncode:
        raise LabError(f"{problem} (the last line of {log}: {last_line(log)})", remedy)


def last_line(log: Path) -> str:
    """Return the last output line of a logged command."""
    try:
        with log.open("rb") as content:
            return _last_line_of(content)
    except FileNotFoundError:
        return ""


def _last_line_of(content: IO[bytes]) -> str:
    content.seek(max(0, content.seek(0, os.SEEK_END) - 1000))
    lines = content.read().decode(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else ""
