"""The controller on a lab: with its own ServiceAccount, and the lab's SSH key and host keys."""

import os
import signal
import subprocess
import sys

from tests.lab.lab import Lab
from tests.lab.waiting import wait_until

_MODULE = "controller.cli.machineconfig_controller"
_PATIENCE = 60  # seconds


def environment(lab: Lab, name: str = "controller") -> dict[str, str]:
    """Return the settings by which a controller reaches a lab, with short intervals."""
    settings = {
        "SSH_USER": "admin",
        "SSH_PORT": str(lab.ssh_port),
        "SSH_KEY": str(lab.folder / "ssh_key"),
        "SSH_KNOWN_HOSTS": str(lab.folder / "known_hosts"),
        "STATE_FOLDER": str(lab.folder / name),
        "CHECK_INTERVAL": "60",
        "DRAIN_TIMEOUT": "5",
        "DRAIN_RETRY": "2",
        "VERIFY_WATCH": "1",
        "LEASE_SECONDS": "4",
        "QUIET_PERIOD": "0.2",
        "METRICS_ADDRESS": "127.0.0.1",
        "METRICS_PORT": "0",
    }
    return {
        **os.environ,
        **{f"MACHINECONFIG_{name}": value for name, value in settings.items()},
        "KUBECONFIG": str(lab.controller_kubeconfig),
        "PATH": f"{lab.bin}:{os.environ['PATH']}",
    }


def run(lab: Lab) -> None:
    """Install the product on a running lab, and exec its controller; never returns."""
    lab.install()
    command = [sys.executable, "-m", _MODULE]
    os.execve(sys.executable, command, environment(lab))  # noqa: S606 - no shell is wanted


class Controller:
    """One controller process; it ends with the process that started it."""

    def __init__(self, lab: Lab, name: str = "controller") -> None:
        self._lab = lab
        self._name = name
        self._process: subprocess.Popen[bytes] | None = None
        self.log = lab.folder / "logs" / f"{name}.log"

    def start(self, **settings: str) -> None:
        """Start it, with `settings` beside the lab's; return at once."""
        command = ["setpriv", "--pdeathsig=KILL", sys.executable, "-m", _MODULE]
        with self.log.open("ab") as log:
            everything = {**environment(self._lab, self._name), **settings}
            self._process = subprocess.Popen(command, env=everything, stdout=log, stderr=log)

    def kill(self) -> None:
        """Kill it, like a crash."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop it, like on a suspended machine."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Continue it."""
        self._signal(signal.SIGCONT)

    def stop(self) -> int:
        """Terminate it, and return its exit status."""
        return self._end(signal.SIGTERM)

    def wait(self) -> int:
        """Wait until it has ended by itself, and return its exit status."""
        process = self._process
        assert process is not None, "it was not started"
        self._process = None
        return process.wait(_PATIENCE)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def _end(self, number: signal.Signals) -> int:
        process = self._process
        if process is None:
            return 0
        self._signal(number)
        wait_until(
            lambda: process.poll() is not None, "the controller to end", self._lab.folder, ""
        )
        self._process = None
        return process.returncode
