"""A node in a temporary folder, with disk, systemd, boot user and machine ID."""

import io
import os
import pwd
import shlex
import subprocess
import sys
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

_ROLE = Path(__file__).parents[3] / "roles" / "machineconfig"
# Ansible does the same on a node, with the package below `ansible.module_utils`.
sys.path.append(str(_ROLE / "module_utils"))

from machineconfig_node.base import os_errors  # noqa: E402
from machineconfig_node.base.errors import NodeError  # noqa: E402
from machineconfig_node.record import node_record  # noqa: E402
from machineconfig_node.rollback import confirmation, watchdog, watchdog_units  # noqa: E402
from machineconfig_node.ssh import authorized_keys, login  # noqa: E402
from machineconfig_node.systemd import boot_problems, dry_run, logind, systemctl, unit_paths  # noqa: E402

from tests.unit.node.view import Node, Tools  # noqa: E402

UNITS = "etc/systemd/system"
RUNTIME_UNITS = "run/systemd/system"
VENDOR_UNITS = "usr/lib/systemd/system"
MACHINE_ID = "0123456789abcdef0123456789abcdef"


SYSTEMCTL = systemctl._systemctl  # noqa: SLF001 - the real one, before anything stands in for it


class Systemd:
    """A fake manager, whose units are the unit files in a folder.

    The real systemctl is used for unit files below another root, which needs no manager.
    """

    def __init__(self, folder: Path) -> None:
        """Every command for a unit in `broken` fails."""
        self.folder = folder
        # The state of units without a file.
        self.units: dict[str, str] = {}
        self.broken: set[str] = set()
        self.running: set[str] = set()
        # The triggers of each unit.
        self.triggers: dict[str, list[str]] = {}
        # Patterns that match loaded units.
        self.in_memory: set[str] = set()
        self.stopped: list[str] = []
        # The lines of `systemctl list-jobs`, and the words that busctl prints by its verb.
        self.jobs: list[str] = []
        self.logind: dict[str, str] = {}
        # The commands that were run, in order.
        self.did: list[str] = []

    def __call__(self, words: list[str]) -> "subprocess.CompletedProcess[str]":
        """Answer like systemctl with these arguments."""
        if words[0].startswith("--root="):
            return SYSTEMCTL(words)
        verb, *named = [word for word in words if not word.startswith("--")]
        unit = "".join(named)
        if verb == "is-enabled":
            known = (self.folder / unit).is_symlink() or (self.folder / unit).exists()
            return self._answer(0, "disabled" if known else self.units.get(unit, ""))
        if verb == "show":
            triggers = " ".join(self.triggers.get(unit, ()))
            said = f"ActiveState={self._state(unit)}\nType=simple\nTriggeredBy={triggers}"
            return self._answer(0, said)
        if verb in {"list-jobs", "list-units"}:
            return self._answer(0, self._jobs() if verb == "list-jobs" else self._units(unit))
        self.did.append(f"{verb} {unit}".strip())
        if unit in self.broken:
            self.running.discard(unit)
            return self._answer(1, "", "Failed: it is broken")
        if verb == "stop":
            self.stopped.append(unit)
            self.running.discard(unit)
        if verb == "restart":
            self.running.add(unit)
        return self._answer(0, "")

    def _jobs(self) -> str:
        return "\n".join(self.jobs) or "No jobs running."

    def _units(self, pattern: str) -> str:
        found = {each for each in self.running if fnmatch(each, pattern)}
        return "\n".join(found | (self.in_memory & {pattern}))

    def busctl(self, verb: str, *_: str) -> list[str]:
        """Answer for logind."""
        return shlex.split(self.logind.get(verb, ""))

    def _state(self, unit: str) -> str:
        return "active" if unit in self.running else "inactive"

    @staticmethod
    def _answer(code: int, said: str, error: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.CompletedProcess([], code, f"{said}\n" if said else "", error)


@pytest.fixture(autouse=True)
def _tests_run_as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of root belong to the user of the tests, who need not be root."""
    real = os.fchown

    def fchown(descriptor: int, uid: int, gid: int) -> None:
        real(descriptor, uid or os.getuid(), gid or os.getgid())

    monkeypatch.setattr(os, "fchown", fchown)


@pytest.fixture(autouse=True)
def _without_ssh_login(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests have no SSH login that a change could lock out."""
    monkeypatch.setattr(login, "find", lambda: None)


@pytest.fixture(autouse=True)
def units(disk: Path, monkeypatch: pytest.MonkeyPatch) -> Systemd:
    """The node's systemd."""
    found = Systemd(disk / UNITS)
    monkeypatch.setattr(systemctl, "_systemctl", found)
    monkeypatch.setattr(boot_problems, "AS_IT_IS", Tools(Node()))
    monkeypatch.setattr(logind, "_busctl", found.busctl)
    return found


@pytest.fixture(autouse=True)
def disk(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The node's disk, with the usual folders of units."""
    folder = tmp_path / "disk"
    (folder / UNITS).mkdir(parents=True)
    monkeypatch.setattr(unit_paths, "UNIT_FOLDER", str(folder / UNITS))
    monkeypatch.setattr(unit_paths, "RUNTIME_FOLDER", str(folder / RUNTIME_UNITS))
    monkeypatch.setattr(dry_run, "ROOT", str(folder))
    monkeypatch.setattr(dry_run, "SCRATCH", str(tmp_path_factory.mktemp("scratch")))
    return folder


@pytest.fixture(autouse=True)
def watchdog_folder(tmp_path: Path, disk: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for the program and the units of the watchdog, which are never started."""
    folder = tmp_path / "watchdog"
    folder.mkdir()
    monkeypatch.setattr(confirmation, "PROGRAM", str(folder / "program"))
    monkeypatch.setattr(confirmation, "_EARLIER", str(folder / "earlier"))
    monkeypatch.setattr(confirmation, "_EARLIER_LINKS", str(folder / "earlier" / "wants"))
    monkeypatch.setattr(watchdog_units, "FOLDER", str(folder / "units"))
    monkeypatch.setattr(watchdog_units, "TARGETS", str(folder / "units" / "target.d"))
    monkeypatch.setattr(unit_paths, "FOLDERS", (str(disk / UNITS), str(disk / VENDOR_UNITS)))
    monkeypatch.setattr(watchdog, "_start_timer", lambda *_: None)
    return folder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of the user `boot`, who is the user of the tests."""
    folder = tmp_path / "home"
    folder.mkdir()
    real = pwd.getpwnam
    boot = pwd.struct_passwd(("boot", "x", os.getuid(), os.getgid(), "", str(folder), "/bin/sh"))

    def getpwnam(name: str) -> pwd.struct_passwd:
        return boot if name == "boot" else real(name)

    def as_user(user: str, work: Callable[[], Any]) -> Any:  # noqa: ANN401 - what the work returns
        try:
            return work()
        except OSError as error:
            told = os_errors.to_node_error(error)
            cause = f"the SSH keys of {user} cannot be managed: {told.cause}"
            raise NodeError(cause, told.remedy) from error

    monkeypatch.setattr(pwd, "getpwnam", getpwnam)
    monkeypatch.setattr(authorized_keys, "_run_as", as_user)
    return folder


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The folder of the node's record."""

    def opened(path: str, mode: str = "r", **options: Any) -> Any:  # noqa: ANN401 - as `open`
        if path == "/etc/machine-id":
            return io.StringIO(f"{MACHINE_ID}\n")
        return open(path, mode, **options)  # noqa: PTH123 - it stands in for the builtin

    monkeypatch.setattr(node_record, "open", opened, raising=False)
    made = str(tmp_path / "record")
    node_record.prepare(made)
    return made
