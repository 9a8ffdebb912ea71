"""A timer that goes back to the last config, unless somebody who has logged in anew confirms.

It stands ready from before the first change, in this boot and in the next ones. What it runs is a
copy of these modules, since nobody can send them any more when it is needed.
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

_DESCRIPTION = "Go back to the last machine config, since nobody has confirmed the new one"
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
Description=Wait for the confirmation of a machine config

[Timer]
OnActiveSec={seconds}
AccuracySec=1s
"""


def start(folder: str, seconds: int) -> None:
    """Go back in so many seconds, counted anew from every boot, unless `confirm` is called."""
    confirmation.remove_watchdog()
    _keep_code(folder)
    program = _program(folder)
    command = [sys.executable, "-I", "-B", program]
    service = _SERVICE.format(program=program, command=" ".join(command))
    link = f"{confirmation.WANTS}/{AT_BOOT}.timer"
    _write(f"{confirmation.UNITS}/{AT_BOOT}.service", service)
    _write(f"{confirmation.UNITS}/{AT_BOOT}.timer", _TIMER.format(seconds=seconds))
    durable.make_folders(link)
    durable.write_link(link, f"../{AT_BOOT}.timer")
    # For this boot a transient timer: nobody's unit files are read anew for it.
    _start_timer(program, command, seconds)
    who = login.find()
    demanded = {"awaits_confirmation": True, "confirm_within": seconds}
    known = {"login": dataclasses.asdict(who)} if who else {}
    journal_file.write(folder, {**(journal_file.read(folder) or {}), **demanded, **known})


def renew(folder: str) -> bool:
    """Demand it once more, since what is still owed may cut us off; whether it is demanded now.

    A run that goes on where another died has confirmed what that one had come to, and no more.
    """
    journal = journal_file.read(folder)
    if not journal or "confirm_within" not in journal:
        return False
    if not journal["awaits_confirmation"]:
        start(folder, journal["confirm_within"])
    return True


def _keep_code(folder: str) -> None:
    """Write the modules out; they came in an archive that goes with the run."""
    archive = os.path.join(confirmation.code_folder(folder), "machineconfig_node.zip")
    durable.make_folders(archive, 0o700)
    durable.write_file(archive, _archived(), 0o600, 0, 0)
    text = _PROGRAM.format(archive=archive)
    durable.write_file(_program(folder), text.encode(), 0o600, 0, 0)


def _archived() -> bytes:
    """The modules of this package, as an archive that Python imports from."""
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
    # Without it, what is left to be tried again would fail for ever once the code is gone.
    words += [f"--property=ConditionPathExists={program}"]
    words += [f"--description={_DESCRIPTION}", *command]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NodeError(
            f"no timer could be started that would undo a lock-out: {done.stderr.strip()}",
            "mend systemd on the node",
        )


def _write(path: str, text: str) -> None:
    durable.write_file(path, text.encode(), 0o644, 0, 0)
