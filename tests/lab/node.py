"""The machines and the control plane of a lab for tests: power switches, and readiness."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.lab import machine
from tests.lab.blueprint import Blueprint, Node
from tests.lab.keeper import Switch
from tests.lab.report import LabError
from tests.lab.system import last_line
from tests.lab.waiting import wait_until

if TYPE_CHECKING:
    from tests.lab.lab import Lab

_LOST = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


class Machine:
    """The machine of one node."""

    def __init__(self, lab: "Lab", blueprint: Blueprint, node: Node) -> None:
        self.name = node.name
        self._lab = lab
        self._blueprint = blueprint
        self._node = node
        self._switch = Switch(blueprint.folder, node.name)

    def kill(self) -> None:
        """Power it off at once; return when it is off."""
        self._switch.turn_off()
        self._wait_until(lambda: not self._switch.is_running(), "be off")

    def start(self) -> None:
        """Switch it on; ``wait_ready`` waits until it is up."""
        self._switch.turn_on()
        self._wait_until_on(self._switch.is_running, "be on")

    def reset(self) -> None:
        """Make it a new machine with the same name, host key and certificate, and switch it on."""
        self.kill()
        machine.forget(self._blueprint, self._node)
        self.start()

    def reboot(self) -> None:
        """Reboot it cleanly, and wait until it is ready again."""
        before = self._lab.boot_id(self.name)
        self._lab.ssh(self.name, "sudo systemctl reboot", check=False)
        self._wait_until_on(lambda: self._has_booted_since(before), "reboot")
        self.wait_ready()

    def boots(self) -> int:
        """Return how often it has started, counted outside it."""
        counted = machine.boots(self._blueprint, self._node)
        return len(counted.read_text(encoding="utf-8").splitlines())

    def is_running(self) -> bool:
        """Whether it is switched on."""
        return self._switch.is_running()

    def wait_ready(self) -> None:
        """Wait until it responds and its current kubelet, if any, has reported to the server."""
        self._wait_until_on(self._is_ready, "be Ready")

    def _wait_until(self, condition: Callable[[], bool], what: str) -> None:
        wait_until(condition, f"{self.name} to {what}", self._blueprint.folder, self.name)

    def _wait_until_on(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something that needs the machine on, and no longer than it is on."""
        self._wait_until(lambda: not self._switch.is_wanted() or condition(), what)
        if not self._switch.is_wanted():
            log = self._blueprint.logs / f"{self.name}.log"
            raise LabError(f"{self.name} has switched itself off ({last_line(log)})", f"Read {log}")

    def _has_booted_since(self, boot_id: str) -> bool:
        answer = self._lab.ssh(self.name, "cat /proc/sys/kernel/random/boot_id", check=False)
        return answer.strip() not in ("", boot_id)

    def _is_ready(self) -> bool:
        """Return whether it is ready; after a power loss only a new Lease proves it."""
        if not self._blueprint.binaries:
            return self._has_booted_since("")
        started = self._kubelet_started()
        if started is None:
            return False
        what = [f"node/{self.name}", f"lease/{self.name}", "--namespace=kube-node-lease"]
        answer = self._lab.kubectl("get", *what, "--output=json", check=False)
        if answer.returncode:
            return False
        node, lease = json.loads(answer.stdout)["items"]
        renewed = datetime.fromisoformat(lease["spec"]["renewTime"]).timestamp()
        return renewed >= started and _is_ready_on_paper(node)

    def _kubelet_started(self) -> float | None:
        """Return when the kubelet of this boot started, if the machine responds and it runs."""
        show = "systemctl show kubelet --timestamp=unix --property=ActiveEnterTimestamp --value"
        answer = self._lab.ssh(self.name, f"systemctl is-active -q kubelet && {show}", check=False)
        return float(answer.strip().lstrip("@")) if answer.strip() else None


class ControlPlane:
    """The API server and its etcd, which lose power like a machine."""

    def __init__(self, lab: "Lab") -> None:
        self._lab = lab
        self._switches = [Switch(lab.folder, name) for name in ("kube-apiserver", "etcd")]

    def kill(self) -> None:
        """Power both off at once; return when they are off."""
        for switch in self._switches:
            switch.turn_off()
        off = "the control plane to be off"
        wait_until(lambda: not self._any_runs(), off, self._lab.folder, "kube-apiserver")

    def start(self) -> None:
        """Switch both on; return when the API server responds."""
        for switch in self._switches:
            switch.turn_on()
        ready = "the API server to be ready"
        wait_until(self._responds, ready, self._lab.folder, "kube-apiserver")

    def _responds(self) -> bool:
        return self._lab.kubectl("get", "--raw=/readyz", check=False).returncode == 0

    def _any_runs(self) -> bool:
        return any(switch.is_running() for switch in self._switches)


def _is_ready_on_paper(node: dict[str, Any]) -> bool:
    conditions = {each["type"]: each["status"] for each in node["status"].get("conditions", [])}
    taints = {taint["key"] for taint in node["spec"].get("taints", [])}
    return conditions.get("Ready") == "True" and taints.isdisjoint(_LOST)
