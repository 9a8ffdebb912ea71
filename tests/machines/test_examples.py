"""Each example of the documentation works on both Debian releases and can be removed completely.

They are applied in two steps: first those that the policy applies with service actions, then those
that require a reboot; then all of them are deleted.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import unified_diff
from operator import attrgetter
from pathlib import Path

import pytest
import yaml

from tests.lab import Lab
from tests.machines.configs import Json, ignition
from tests.machines.playbook import play

pytestmark = pytest.mark.usefixtures("root")

_EXAMPLES = Path(__file__).parents[2] / "docs/examples"
_POLICY = "disruption-policy.yaml"
_POOL = "infra-pool.yaml"
_DEBIANS = ("bookworm", "trixie")
_NAMES = attrgetter("example")


@dataclass(frozen=True)
class Promise:
    """The output of a command run as root on a machine with the example, and on no other."""

    example: str
    command: str
    prints: str


AT_ONCE = (
    Promise(
        "10-journal-size.yaml",
        "journalctl --boot --output=cat --identifier=systemd-journald"
        " | grep '^System Journal' | tail -n 1 | grep --only-matching 'max 200'",
        "max 200",
    ),
    Promise(
        "40-ssh-keys.yaml",
        "grep --only-matching operator@example.com /home/boot/.ssh/authorized_keys",
        "operator@example.com",
    ),
    Promise("99-worker-chrony.yaml", "chronyc sourcename 'ID#0000000001'", "0.pool.ntp.org"),
    Promise(
        "99-worker-sysctl.yaml",
        "sysctl --values net.core.somaxconn net.ipv4.ip_local_port_range",
        "8192\n20000\t60999",
    ),
)
AFTER_A_REBOOT = (
    Promise(
        "20-greeting.yaml",
        "journalctl --boot --output=cat --unit=greeting.service | grep ^hello",
        "hello from a managed unit",
    ),
    Promise(
        "20-greeting.yaml",
        "stat --format='%a %U' /etc/motd; cat /etc/motd",
        "640 root\nThis node is managed. {{ nothing here is a template }}",
    ),
    Promise(
        "99-worker-chronyd-disabled.yaml",
        "systemctl is-enabled chrony.service; systemctl is-active chrony.service",
        "disabled\ninactive",
    ),
    # Examined in this order: it does not start by itself, but does when it is started by hand.
    Promise(
        "99-worker-chronyd-disabled.yaml",
        "systemctl start chrony.service;"
        " systemctl show --property=ActiveState,Description chrony.service | sort",
        "ActiveState=active\nDescription=NTP client/server",
    ),
    Promise(
        "99-worker-firewall.yaml",
        "nft list chain inet node input | grep --only-matching 'tcp dport 111 drop'",
        "tcp dport 111 drop",
    ),
    Promise(
        "99-worker-firewall.yaml",
        "journalctl --boot --output=cat --identifier=systemd | grep --only-matching"
        " -e 'Finished node-firewall.service' -e 'Reached target network-pre.target'",
        "Finished node-firewall.service\nReached target network-pre.target",
    ),
    Promise("99-worker-firewall.yaml", "stat --format='%a %U' /etc/node-firewall.nft", "600 root"),
    Promise(
        "99-worker-kubelet.yaml",
        "systemctl show --property=ActiveState,LimitNOFILE kubelet.service | sort;"
        " realpath $(systemctl show --property=FragmentPath --value kubelet.service)",
        "ActiveState=active\nLimitNOFILE=1048576\n/usr/lib/systemd/system/kubelet.service",
    ),
)

# Debian has no kubelet package.
_KUBELET = """
cat > /usr/lib/systemd/system/kubelet.service << 'END'
[Service]
ExecStart=/bin/sleep infinity
[Install]
WantedBy=multi-user.target
END
systemctl --quiet enable --now kubelet.service
"""
# The files of /etc, the unit files, and the units that run or have failed after the boot.
_STATE = """
systemctl is-system-running --wait
find /etc -printf '%p %m %U %G %y %l\\n' | sort
find /etc -type f -exec sha256sum {} + | sort -k 2
systemctl list-unit-files --no-legend
systemctl list-units --plain --no-legend --type=service --state=running,failed \
    | grep --invert-match ^user@
"""
_OTHER_SERVICES = """
systemctl show --property=InvocationID foreign-agent.service kubelet.service ssh.service
"""


@dataclass(frozen=True)
class Snapshot:
    """The state of a machine; `others` changes when another service is restarted."""

    outputs: dict[Promise, str]
    state: list[str]
    others: str
    boots: int


@dataclass(frozen=True)
class Snapshots:
    """The states of a machine from before the examples until they are deleted."""

    before: Snapshot
    at_once: Snapshot
    after_a_reboot: Snapshot
    deleted: Snapshot


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Snapshots]]:
    """Both machines in parallel."""
    with (
        Lab.without_cluster(tmp_path_factory.mktemp("examples")) as lab,
        ThreadPoolExecutor() as pool,
    ):
        both = pool.map(lambda debian: _apply_and_delete(lab, debian), _DEBIANS)
        yield dict(zip(_DEBIANS, both, strict=True))


@pytest.mark.parametrize("debian", _DEBIANS)
@pytest.mark.parametrize("promise", AT_ONCE, ids=_NAMES)
def test_examples_with_a_service_action_work_at_once(
    snapshots: dict[str, Snapshots], debian: str, promise: Promise
) -> None:
    assert snapshots[debian].before.outputs[promise] != promise.prints
    assert snapshots[debian].at_once.outputs[promise] == promise.prints


@pytest.mark.parametrize("debian", _DEBIANS)
def test_restarting_a_service_restarts_no_other(
    snapshots: dict[str, Snapshots], debian: str
) -> None:
    before, at_once = snapshots[debian].before, snapshots[debian].at_once

    assert at_once.others == before.others
    assert at_once.boots == before.boots


@pytest.mark.parametrize("debian", _DEBIANS)
@pytest.mark.parametrize("promise", AFTER_A_REBOOT, ids=_NAMES)
def test_examples_with_units_work_after_one_reboot(
    snapshots: dict[str, Snapshots], debian: str, promise: Promise
) -> None:
    assert snapshots[debian].before.outputs[promise] != promise.prints
    assert snapshots[debian].after_a_reboot.outputs[promise] == promise.prints
    assert snapshots[debian].after_a_reboot.boots == snapshots[debian].before.boots + 1


@pytest.mark.parametrize("debian", _DEBIANS)
def test_a_machine_whose_examples_are_deleted_is_as_before(
    snapshots: dict[str, Snapshots], debian: str
) -> None:
    before, deleted = snapshots[debian].before, snapshots[debian].deleted

    changed = "\n".join(unified_diff(before.state, deleted.state, n=0, lineterm=""))

    assert deleted.outputs == before.outputs
    assert changed == ""


def test_every_example_is_tested() -> None:
    shown = {promise.example for promise in AT_ONCE + AFTER_A_REBOOT}

    valid = {path.name for path in _EXAMPLES.iterdir() if path.is_file()}
    assert valid == shown | {_POLICY, _POOL}


def _apply_and_delete(lab: Lab, debian: str) -> Snapshots:
    """Apply the examples to a machine, and delete them."""
    _root(lab, debian, _KUBELET)
    before = _snapshot(lab, debian)
    _update(lab, debian, _rendered(AT_ONCE))
    at_once = _snapshot(lab, debian)
    _update(lab, debian, _rendered(AT_ONCE + AFTER_A_REBOOT))
    after_a_reboot = _snapshot(lab, debian)
    _update(lab, debian, ignition())
    return Snapshots(before, at_once, after_a_reboot, _snapshot(lab, debian))


def _update(lab: Lab, debian: str, config: Json) -> None:
    policy = yaml.safe_load((_EXAMPLES / _POLICY).read_text())
    run = play(lab, debian, config, policy, cluster_required=False)
    assert not run.status, run.output


def _rendered(promises: Iterable[Promise]) -> Json:
    """Return the rendered config of a pool with these examples."""
    names = sorted({promise.example for promise in promises})
    files = [f"--filename={_EXAMPLES / name}" for name in names]
    program = str(Path(sys.executable).with_name("kubectl-mc"))
    command = [program, "render", "--pool=worker", "--output=json", *files]
    config: Json = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return config


def _snapshot(lab: Lab, debian: str) -> Snapshot:
    promises = AT_ONCE + AFTER_A_REBOOT
    commands = (*(promise.command for promise in promises), _STATE, _OTHER_SERVICES)
    script = "".join(f"{{ {each}\n}} 2> /dev/null\nprintf '\\0'\n" for each in commands)
    printed = [each.strip() for each in _root(lab, debian, script).split("\0")]
    outputs = dict(zip(promises, printed, strict=False))
    state, others = printed[len(promises) : -1]
    return Snapshot(outputs, state.splitlines(), others, lab.machine(debian).boots())


def _root(lab: Lab, debian: str, script: str) -> str:
    return lab.ssh(debian, "sudo sh", stdin=script)
