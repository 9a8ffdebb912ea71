"""A lab for tests and users."""

import json
import os
import shlex
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab import foreign_pods, kubelet, lifecycle
from tests.lab.blueprint import Blueprint, nodes_of, one_of_each_debian
from tests.lab.keeper import keeper_of
from tests.lab.node import ControlPlane, Machine
from tests.lab.report import LabError, step
from tests.lab.waiting import wait_until

_REPOSITORY = Path(__file__).parents[2]
_ROOM = {"cpu": "1", "memory": "1Gi", "pods": "110"}
# Timestamps in the API have whole seconds.
_BETWEEN_NODES = 1.0


class Lab:
    """A cluster of real machines in a directory, or with ``workers=None`` a bare API server."""

    def __init__(self, folder: Path, *, workers: int | None = 3, control_planes: int = 1) -> None:
        self.folder = folder.resolve()
        self._wanted_nodes = () if workers is None else nodes_of(workers, control_planes)
        self._has_cluster = True
        self._keeper: subprocess.Popen[bytes] | None = None

    @classmethod
    def without_cluster(cls, folder: Path) -> Self:
        """Yield a lab with machines only, one of each Debian release."""
        lab = cls(folder, workers=None)
        lab._wanted_nodes = one_of_each_debian()
        lab._has_cluster = False
        return lab

    def up(self, *, stays: bool = False) -> None:
        """Start it; it ends with this process, however that ends, unless it ``stays``."""
        if self.is_up():
            raise LabError(f"There is a lab in {self.folder} already", "End it with: make lab-down")
        try:
            self._keeper = lifecycle.begin(
                self.folder, self._wanted_nodes, cluster=self._has_cluster
            )
            if self._has_cluster:
                with step("starting the control plane"):
                    self._wait_for_control_plane()
            if self._wanted_nodes:
                with step(f"starting {len(self._wanted_nodes)} machines"):
                    self._start_machines()
                    self.wait_ready()
                    if self._has_cluster:
                        self.add_foreign_pods(self.nodes)
            if stays:
                lifecycle.set_free(self._keeper)
        except BaseException:
            self.down()
            raise

    def down(self) -> None:
        """End everything, and remove everything except the logs."""
        lifecycle.end(self.folder)
        if self._keeper is not None:
            self._keeper.communicate()
            self._keeper = None

    def is_up(self) -> bool:
        """Whether a lab runs in this directory."""
        return keeper_of(self.folder) is not None

    def __enter__(self) -> Self:
        self.up()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.down()

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.folder / "kubeconfig"

    @property
    def bin(self) -> Path:
        """The directory of kubectl, for the PATH of programs that call it."""
        return self.folder / "bin"

    @property
    def controller_kubeconfig(self) -> Path:
        """The kubeconfig of the controller's own ServiceAccount, written by ``install``."""
        return self.folder / "controller.kubeconfig"

    @property
    def ssh_config(self) -> Path:
        """The configuration file of ssh, by node name."""
        return self.folder / "ssh_config"

    @property
    def ssh_port(self) -> int:
        """The port on which every machine's sshd listens."""
        return self._blueprint.addresses.ssh_port

    @property
    def nodes(self) -> list[str]:
        """The names of the nodes, the oldest first."""
        return [node.name for node in self._blueprint.nodes]

    @property
    def control_plane(self) -> ControlPlane:
        """The power switch of the API server and its etcd."""
        return ControlPlane(self)

    def machine(self, name: str) -> Machine:
        """Return the machine of a node."""
        node = next(node for node in self._blueprint.nodes if node.name == name)
        return Machine(self, self._blueprint, node)

    def member(self, node: str) -> str:
        """Return the URL of the member of etcd on a control-plane node of several."""
        [index] = (each.index for each in self._blueprint.nodes if each.name == node)
        return self._blueprint.addresses.member_client(index)

    def create_node(self, name: str) -> None:
        """Create the Node of a machine, as it was when the lab was started."""
        [node] = (each for each in self._blueprint.nodes if each.name == name)
        description = kubelet.node_object(self._blueprint, node)
        self.kubectl("create", "--filename=-", stdin=json.dumps(description))
        if self._blueprint.has_member(node):
            # Otherwise its kubelet would find no room for the static pod, and not try again.
            room = json.dumps({"status": dict.fromkeys(("capacity", "allocatable"), _ROOM)})
            patch = ("--subresource=status", "--type=merge", f"--patch={room}")
            self.kubectl("patch", "node", name, *patch)

    def kubectl(
        self, *arguments: str, stdin: str | None = None, check: bool = True
    ) -> "subprocess.CompletedProcess[str]":
        """Run kubectl as the administrator."""
        command = [str(self.bin / "kubectl"), f"--kubeconfig={self.kubeconfig}"]
        return _finished([*command, *arguments], stdin, check=check)

    def ssh(self, node: str, *command: str, stdin: str | None = None, check: bool = True) -> str:
        """Run a command on a node as an administrator with sudo: one shell line, or words."""
        line = command[0] if len(command) == 1 else shlex.join(command)
        words = ["ssh", "-F", str(self.ssh_config), node, "--", line]
        return _finished(words, stdin, check=check).stdout

    def boot_id(self, node: str) -> str:
        """Return the ID of the machine's current boot."""
        return self.ssh(node, "cat /proc/sys/kernel/random/boot_id").strip()

    def wait_ready(self) -> None:
        """Wait until every machine responds and its kubelet, if any, has reported this boot."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda name: self.machine(name).wait_ready(), self.nodes))

    def add_foreign_pods(self, nodes: Sequence[str]) -> None:
        """Create missing foreign pods on the nodes, and wait until they run.

        Other nodes are not awaited: one that a test has cordoned gets no evicted pod back.
        """
        run = partial(self._foreign_pods_run, nodes)
        wait_until(run, "the foreign pods to run", self.folder, "kube-scheduler")

    def install(self) -> None:
        """Install the product's CRDs and RBAC, and write the controller's kubeconfig."""
        self.kubectl("apply", "--server-side", f"--filename={_REPOSITORY / 'crds'}")
        self.kubectl("apply", "--server-side", f"--kustomize={_REPOSITORY / 'deploy'}")
        as_administrator = (
            "env",
            f"PATH={self.bin}:{os.environ['PATH']}",
            f"KUBECONFIG={self.kubeconfig}",
        )
        script = str(_REPOSITORY / "deploy" / "kubeconfig.sh")
        _finished([*as_administrator, script, str(self.controller_kubeconfig), "24h"], None)

    @property
    def _blueprint(self) -> Blueprint:
        blueprint = Blueprint.load(self.folder)
        if blueprint is None:
            raise LabError(f"There is no lab in {self.folder}", "Start one with: make lab")
        return blueprint

    def _wait_for_control_plane(self) -> None:
        wait_until(
            lambda: self._answers("get", "--raw=/readyz"),
            "the API server to be ready",
            self.folder,
            "kube-apiserver",
        )
        if self._wanted_nodes:
            wait_until(
                # A namespace needs it before any pod can be created.
                lambda: self._answers("get", "serviceaccount", "default"),
                "the controller manager to be at work",
                self.folder,
                "kube-controller-manager",
            )

    def _start_machines(self) -> None:
        """Switch them on; in a cluster one by one, each with its Node."""
        for node in self._blueprint.nodes:
            if self._has_cluster:
                self.create_node(node.name)
            self.machine(node.name).start()
            if self._has_cluster:
                time.sleep(_BETWEEN_NODES)

    def _foreign_pods_run(self, nodes: Sequence[str]) -> bool:
        """Create missing pods, also those that have just ended, and return whether all run."""
        manifest = foreign_pods.manifest(self.nodes)
        self.kubectl("apply", "--filename=-", stdin=json.dumps(manifest))
        asked = ("get", "pods", f"--namespace={foreign_pods.NAMESPACE}", "--output=json")
        return foreign_pods.all_run(json.loads(self.kubectl(*asked).stdout), nodes)

    def _answers(self, *arguments: str) -> bool:
        return self.kubectl(*arguments, check=False).returncode == 0


def _finished(
    command: Sequence[str], stdin: str | None, *, check: bool = True
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end; a failure raises an error with its output."""
    finished = subprocess.run(
        command, input=stdin or "", capture_output=True, text=True, check=False
    )
    if check and finished.returncode:
        raise CommandError(command, finished)
    return finished


class CommandError(Exception):
    """A command in the lab has failed, with this output."""

    def __init__(
        self, command: Sequence[str], finished: "subprocess.CompletedProcess[str]"
    ) -> None:
        words = shlex.join(command)
        super().__init__(f"{words}: exit {finished.returncode}: {finished.stderr.strip()}")
        self.returncode = finished.returncode
        self.stdout = finished.stdout
        self.stderr = finished.stderr
