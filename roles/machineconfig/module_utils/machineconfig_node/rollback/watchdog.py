"""The watchdog: a timer that rolls back, unless the apply is confirmed over a new SSH connection.

It is active before the first change, in this boot and in later ones. It runs a copy of this
package, because after a lock-out no module can be sent to the node.
"""

from __future__ import annotations

import dataclasses
import io
import os
import subprocess
import sys
import zipfile

from ..base.errors import NodeError
from ..filesystem import durable
from ..ssh import login

# Nothing here calls `by_watchdog`: the import makes Ansible send it, for the watchdog to run.
from . import by_watchdog, confirmation, journal_file  # noqa: F401
from .confirmation import AT_BOOT, NOW

_PACKAGE = __name__.rsplit(".", 2)[0]

_DESCRIPTION = "Roll back the unconfirmed machine config"
_PROGRAM = """\
import sys
sys.path.insert(0, {archive!r})
from machineconfig_node.rollback import by_watchdog
by_watchdog.main()
"""
_SERVICE = f"""\
[Unit]
Description={_DESCRIPTION}
ConditionPathExists={{program}}

[Service]
Type=oneshot
ExecStart={{command}}
Restart=on-failure
RestartSec=30
"""
_TIMER = """\
[Unit]
Description=Roll back a machine config unless it is confirmed

[Timer]
OnActiveSec={seconds}
AccuracySec=1s
"""


def start(folder: str, seconds: int) -> None:
    """Roll back after `seconds`, counted again from every boot, unless `confirm` is called."""
    confirmation.remove_watchdog()
    _write_code(folder)
    program = _program(folder)
    command = [sys.executable, "-I", "-B", program]
    service = _SERVICE.format(program=program, command=" ".join(command))
    link = f"{confirmation.WANTS}/{AT_BOOT}.timer"
    _write(f"{confirmation.UNITS}/{AT_BOOT}.service", service)
    _write(f"{confirmation.UNITS}/{AT_BOOT}.timer", _TIMER.format(seconds=seconds))
    durable.make_folders(link)
    durable.write_link(link, f"../{AT_BOOT}.timer")
    # A transient timer for this boot needs no daemon-reload.
    _start_timer(program, command, seconds)
    current = login.find()
    pending = {"awaits_confirmation": True, "confirm_within": seconds}
    known = {"login": dataclasses.asdict(current)} if current else {}
    journal_file.write(folder, {**(journal_file.read(folder) or {}), **pending, **known})


def renew(folder: str) -> bool:
    """Start the watchdog again before pending actions; return whether it is active.

    A run that resumes has confirmed only what the earlier run completed.
    """
    journal = journal_file.read(folder)
    if not journal or "confirm_within" not in journal:
        return False
    if not journal["awaits_confirmation"]:
        start(folder, journal["confirm_within"])
    return True


def _write_code(folder: str) -> None:
    """Write the package to the disk, because Ansible removes its archive after the run."""
    archive = os.path.join(confirmation.code_folder(folder), "machineconfig_node.zip")
    durable.make_folders(archive, 0o700)
    durable.write_file(archive, _archived(), 0o600, 0, 0)
    text = _PROGRAM.format(archive=archive)
    durable.write_file(_program(folder), text.encode(), 0o600, 0, 0)


def _archived() -> bytes:
    """Return the package as an archive from which Python can import it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, module in list(sys.modules.items()):
            if name == _PACKAGE or name.startswith(f"{_PACKAGE}."):
                loader = getattr(module, "__loader__", None)
                source = loader.get_source(name) if loader else ""
                path = f"machineconfig_node{name[len(_PACKAGE) :]}".replace(".", "/")
                file = f"{path}/__init__.py" if hasattr(module, "__path__") else f"{path}.py"
                # A fixed date: a clock that was never set is too early for an archive.
                archive.writestr(zipfile.ZipInfo(file), source or "")
    return content.getvalue()


def _program(folder: str) -> str:
    return os.path.join(confirmation.code_folder(folder), "go_back.py")


def _start_timer(program: str, command: list[str], seconds: int) -> None:
    words = ["systemd-run", "--quiet", "--collect", f"--unit={NOW}", f"--on-active={seconds}"]
    words += ["--timer-property=AccuracySec=1s", "--property=Type=oneshot"]
    words += ["--property=Restart=on-failure", "--property=RestartSec=30"]
    # Otherwise a retry would fail forever after the code was removed.
    words += [f"--property=ConditionPathExists={program}"]
    words += [f"--description={_DESCRIPTION}", *command]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NodeError(
            f"the watchdog could not be started: {done.stderr.strip()}",
            "fix systemd on the node",
        )


def _write(path: str, text: str) -> None:
    durable.write_file(path, text.encode(), 0o644, 0, 0)
