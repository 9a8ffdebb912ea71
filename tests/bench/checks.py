"""The cost of checks: of several machines in one run, and of many files on one machine."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event

from controller.api.names import ADDRESS
from controller.execution.local import LocalExecutor
from controller.execution.protocol import Connection, Host, Request
from tests.bench.configs import small_files
from tests.bench.measuring import Job, Measurement, fastest
from tests.lab import Lab
from tests.machines.node_library import answer
from tests.machines.playbook import play
from tests.unit.rendering.build import machine_config

_COUNTS = (1, 10, 50)
_FILES = 100
_ROUNDS = 3
_AT_ONCE = 20  # the number of forks of a run
_FLEET, _INTERVAL = 1000, 300  # machines, and the default check interval in seconds
_PLAYBOOKS = Path(__file__).parents[2] / "playbooks"


def measurements(lab: Lab) -> Iterator[Measurement]:
    """Measure runs over many machines, then what one machine reads."""
    fleet = Fleet(lab)
    processor = {count: _cheapest(partial(fleet.processor, count)) for count in _COUNTS}
    for count in _COUNTS[1:]:
        bound = 0.1 if count == max(_COUNTS) else None
        each = processor[count] / count
        what = f"processor time per machine in a check of {count}"
        yield Measurement(what, each, "one run per machine", processor[1], bound)
    jobs = {
        "check": Job(partial(fleet.check, 50)),
        "ping": Job(fleet.ping),
        "floor": Job(partial(fleet.digest, 50)),
    }
    taken = fastest(jobs, _ROUNDS)
    # Most of the time is Ansible's: a process here and a Python on each machine.
    yield Measurement("a check of 50", taken["check"], "Ansible's ping", taken["ping"], bound=2)
    yield Measurement("a check of 50", taken["check"], "ssh sha256sum", taken["floor"], bound=4)
    cores = _of_the_fleet(processor) / _INTERVAL
    what = f"processors for {_FLEET:,} machines every {_INTERVAL} s"
    yield Measurement(what, cores, "one", 1, unit="")
    yield from _of_one_machine(lab)


def _of_the_fleet(processor: dict[int, float]) -> float:
    """Return the processor seconds of one run over all: its start, and the cost per machine."""
    few, many = _COUNTS[1:]
    each = (processor[many] - processor[few]) / (many - few)
    return processor[many] + each * (_FLEET - many)


class Fleet:
    """Many inventory names for few machines, all on one config with many files.

    Ansible detects equal addresses, and opens one connection for those.
    """

    def __init__(self, lab: Lab) -> None:
        """Update the machines to the config."""
        self._lab = lab
        sections = {"storage": small_files(0, _FILES)["storage"]}
        self._config = machine_config("rendered-bench", **sections).to_api()
        for node in lab.nodes:
            run = play(lab, node, self._config)
            assert run.status == 0, run.output
        self._addresses = {node: _address(lab, node) for node in lab.nodes}
        self._moved = Event()
        known_hosts = lab.folder / "known_hosts_of_fleet"
        known_hosts.write_text(self._known_hosts(), encoding="utf-8")
        key = lab.folder / "ssh_key"
        self._connection = Connection("admin", lab.ssh_port, key, known_hosts)
        self._executor = LocalExecutor(lab.folder / "checks", _PLAYBOOKS, {}, self._moved.set)

    def check(self, count: int) -> None:
        """Check so many in one run, as the controller does."""
        hosts = (
            Host(name, self._addresses[node], self._config, self._connection)
            for name, node in self._names(count).items()
        )
        run = self._executor.start(Request("check.yml", tuple(hosts), policy=None, fence=0))
        while run.results is None:
            self._moved.wait()
            self._moved.clear()
        for result in run.results.values():
            assert result.succeeded, result.cause
            assert result.findings
            assert not result.findings.drift

    def processor(self, count: int) -> float:
        """Return the processor seconds spent here, without those of the machines."""
        before = _of_children()
        self.check(count)
        return _of_children() - before

    def ping(self) -> None:
        """Let Ansible do nothing on the machines of the last check, with equal parallelism."""
        inventory = self._lab.folder / "checks" / "check" / "inventory.yml"
        environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(_PLAYBOOKS.parent / "ansible.cfg"),
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self._lab.folder / "cp"),
        }
        ansible = str(Path(sys.executable).with_name("ansible"))
        words = [ansible, f"--inventory={inventory}", f"--forks={_AT_ONCE}", "--become"]
        subprocess.run(
            [*words, "--module-name=ping", "all"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def digest(self, count: int) -> None:
        """Read the same files over SSH with equal parallelism, which is the minimum."""
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            list(threads.map(self._digest, self._names(count).values()))

    def _digest(self, node: str) -> None:
        words = ["ssh", "-F", str(self._lab.ssh_config), node, "sudo sh -c 'sha256sum /etc/app/*'"]
        subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)

    def _names(self, count: int) -> dict[str, str]:
        nodes = self._lab.nodes
        return {f"t-{number}": nodes[number % len(nodes)] for number in range(count)}

    def _known_hosts(self) -> str:
        lines = (self._lab.folder / "known_hosts").read_text(encoding="utf-8").splitlines()
        keys = dict(line.split(" ", 1) for line in lines)
        names = self._names(max(_COUNTS)).items()
        return "".join(f"{name} {keys[node]}\n" for name, node in names)


_OF_ONE = """
import base64, hashlib, json, os, resource, time
from machineconfig_node.check import checking
from machineconfig_node.comparison import digest_cache
from machineconfig_node.manifest import desired_state

folder = "/var/tmp/bench"
os.makedirs(folder, exist_ok=True)
files = []
for number in range(1000):
    content, path = os.urandom(1 << 14), f"{folder}/{number}"
    with open(path, "wb") as stream:
        stream.write(content)
    os.chmod(path, 0o644)
    digest = hashlib.sha256(content).hexdigest()
    files.append({"path": path, "mode": 0o644, "user": 0, "group": 0, "sha256": digest})
manifest = {"config": "bench", "files": files, "units": [], "user": "boot", "keys": []}
wanted = desired_state.read(manifest)

def spent():
    used = resource.getrusage(resource.RUSAGE_SELF)
    with open("/proc/self/io") as stream:
        return used.ru_utime + used.ru_stime, int(stream.readline().split()[1])

def check():
    before = spent()
    with digest_cache.opened(3600, "/run/bench/digests.json") as digest_of:
        found = checking.check(wanted, digest_of=digest_of)
    assert not [each for each in found["differences"] if each["kind"] == "file"]
    return [after - then for after, then in zip(spent(), before)]

time.sleep(4)
print(json.dumps([check(), check()]))
"""


def _of_one_machine(lab: Lab) -> Iterator[Measurement]:
    """Measure only the node side, with a thousand files of 16 KiB."""
    first, again = answer(lab, lab.nodes[-1], _OF_ONE)
    what, to = "the node's next check of 1,000 files", "its first"
    yield Measurement(f"{what}: processor", again[0], to, first[0], bound=0.8)
    megabyte = 1_000_000
    read = [amount / megabyte for amount in (again[1], first[1])]
    yield Measurement(f"{what}: read", read[0], to, read[1], bound=0.1, unit=" MB")


def _cheapest(measured: Callable[[], float]) -> float:
    return min(measured() for _ in range(_ROUNDS))


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _address(lab: Lab, node: str) -> str:
    path = "{.metadata.annotations." + ADDRESS.replace(".", r"\.") + "}"
    return lab.kubectl("get", "node", node, f"--output=jsonpath={path}").stdout
