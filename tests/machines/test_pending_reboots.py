"""A reboot that is refused, delayed, stuck or cancelled: nothing is rolled back, one follows."""

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.demo.stage import PREFIX, WORKERS, Stage
from tests.lab import Lab
from tests.lab.waiting import wait_until
from tests.machines.clean_lab import make_pristine
from tests.machines.configs import Json, file, ignition, policy, worker_config
from tests.machines.playbook import Run, play
from tests.machines.watchdog_files import trace

PATH = "/etc/needs-a-reboot"
REBOOT = policy(PATH, {"type": "Reboot"})
NEW, NEWER = ignition(file(PATH, "new\n")), ignition(file(PATH, "newer\n"))
_INHIBIT = """
mkdir -p /run/systemd/logind.conf.d
printf '[Login]\\nInhibitDelayMaxSec=600\\n' > /run/systemd/logind.conf.d/delay.conf
systemctl restart systemd-logind
systemd-run --quiet --unit=inhibitor systemd-inhibit --what=shutdown --mode=MODE \
    --who=kubelet --why='it stops its pods' sleep infinity
until systemd-inhibit --list | grep -q kubelet; do sleep 0.1; done
"""
_DELAYED = _INHIBIT.replace("MODE", "delay")
WATCHDOG = "machine-config-revert-now.service"
_END_DELAY, _END_STOP = "systemctl stop inhibitor", "systemctl kill slow.service"
_BLOCKED = _INHIBIT.replace("MODE", "block")
_UNIT = """\
[Unit]
After=ssh.service dbus.service systemd-logind.service systemd-user-sessions.service
[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStopSec=infinity
ExecStart=/bin/true
ExecStop=/bin/sleep infinity
"""
# The unit never stops by itself, and sshd stays until it does.
_STUCK = f"""
printf '{_UNIT}' > /run/systemd/system/slow.service
systemctl daemon-reload
systemctl start slow.service
"""
_PREPARING = (
    "busctl get-property org.freedesktop.login1 /org/freedesktop/login1"
    " org.freedesktop.login1.Manager PreparingForShutdown"
)
# Each obstacle that preflight finds, the command that removes it, and the cause.
OBSTACLES = {
    "a mask": (
        "systemctl mask --quiet reboot.target",
        "systemctl unmask --quiet reboot.target",
        "reboot.target is masked by /etc/systemd/system/reboot.target",
    ),
    "a blocking inhibitor": (
        _BLOCKED,
        "systemctl stop inhibitor",
        "blocked by the inhibitor kubelet (it stops its pods)",
    ),
    "a scheduled power-off": (
        "shutdown --poweroff +60 2> /dev/null",
        "shutdown -c 2> /dev/null",
        "a poweroff of the node is scheduled for",
    ),
}
_MACHINE_CONFIG = worker_config("70-needs-a-reboot", NEW)


@dataclass(frozen=True)
class Pending:
    """A node while its reboot is pending, and after the next run."""

    first: Run
    meanwhile: dict[str, Run]
    text: str
    watchdog: str
    is_cordoned: bool
    boots: int
    last: Run
    boots_in_all: int


def _update(lab: Lab, node: str, config: Json = NEW, playbook: str = "update") -> Run:
    return play(
        lab,
        node,
        config,
        REBOOT,
        playbook=playbook,
        reboot_timeout=4,
        restore_actions=True,
    )


def _is_cordoned(lab: Lab, node: str) -> bool:
    found = json.loads(lab.kubectl("get", "node", node, "--output=json").stdout)
    return bool(found["spec"].get("unschedulable"))


def _pending(lab: Lab, node: str, prepare: str, end: str) -> Pending:
    machine = lab.machine(node)
    before = machine.boots()
    lab.ssh(node, "sudo sh", stdin=prepare)
    first = _update(lab, node)
    meanwhile = {
        "a newer config": _update(lab, node, NEWER),
        "a restore": _update(lab, node, playbook="restore"),
    }
    # As if its timer had expired; a shutdown that stops units may have stopped it already.
    lab.ssh(node, f"sudo systemctl start --no-block {WATCHDOG}", check=False)
    watchdog = lab.ssh(node, f"systemctl is-active {WATCHDOG}", check=False).strip()
    text, cordoned, boots = lab.ssh(node, f"cat {PATH}"), _is_cordoned(lab, node), machine.boots()
    lab.ssh(node, f"sudo {end}", check=False)
    wait_until(lambda: machine.boots() > before, "the reboot", lab.folder, node)
    machine.wait_ready()
    last = _update(lab, node)
    return Pending(
        first,
        meanwhile,
        text,
        watchdog,
        cordoned,
        boots - before,
        last,
        machine.boots() - before,
    )


@dataclass(frozen=True)
class Cancelled:
    """A node whose reboot was ordered and then forgotten."""

    first: Run
    is_cordoned: bool
    last: Run
    boots_in_all: int


def _cancelled(lab: Lab, node: str) -> Cancelled:
    machine = lab.machine(node)
    before = machine.boots()
    lab.ssh(node, "sudo sh", stdin=_DELAYED)

    def forget() -> None:
        preparing = lambda: "true" in lab.ssh(node, _PREPARING)  # noqa: E731 - one condition
        wait_until(preparing, "the order", lab.folder, node)
        lab.ssh(node, "sudo systemctl restart systemd-logind; sudo systemctl stop inhibitor")

    with ThreadPoolExecutor() as pool:
        forgotten = pool.submit(forget)
        first = _update(lab, node)
        forgotten.result()
    cordoned = _is_cordoned(lab, node)
    last = play(lab, node, NEW, REBOOT)
    return Cancelled(first, cordoned, last, machine.boots() - before)


@dataclass(frozen=True)
class Refused:
    """A node that cannot be rebooted: each run, and whether the node was cordoned after it."""

    runs: dict[str, Run]
    is_cordoned: bool
    boots: int


def _refused(lab: Lab, node: str) -> Refused:
    machine = lab.machine(node)
    before, runs = machine.boots(), {}
    for what, (make, remove, _) in OBSTACLES.items():
        lab.ssh(node, "sudo sh", stdin=make)
        runs[what] = _update(lab, node)
        lab.ssh(node, "sudo sh", stdin=remove)
    return Refused(runs, _is_cordoned(lab, node), machine.boots() - before)


@dataclass(frozen=True)
class Nodes:
    """All cases, which were played side by side, since each machine mostly waits."""

    delayed: Pending
    stuck: Pending
    cancelled: Cancelled
    refused: Refused


@pytest.fixture(scope="module")
def nodes(lab: Lab) -> Iterator[Nodes]:
    with ThreadPoolExecutor() as pool:
        delayed: Future[Pending] = pool.submit(_pending, lab, "w-3", _DELAYED, _END_DELAY)
        stuck: Future[Pending] = pool.submit(_pending, lab, "w-2", _STUCK, _END_STOP)
        cancelled: Future[Cancelled] = pool.submit(_cancelled, lab, "w-1")
        refused: Future[Refused] = pool.submit(_refused, lab, "cp-1")
    yield Nodes(delayed.result(), stuck.result(), cancelled.result(), refused.result())
    make_pristine(lab, lab.nodes)


@pytest.fixture(params=["delayed", "stuck"])
def pending(nodes: Nodes, request: pytest.FixtureRequest) -> Pending:
    found: Pending = getattr(nodes, request.param)
    return found


def _printed(run: Run) -> str:
    return " ".join(run.output.split())


def test_a_run_names_what_the_reboot_waits_for(nodes: Nodes) -> None:
    why = "a reboot of the node is pending: it waits for the"

    assert f"{why} inhibitors kubelet (it stops its pods)" in _printed(nodes.delayed.first)
    assert f"{why} stop of slow.service (since " in _printed(nodes.stuck.first)


def test_while_a_reboot_is_pending_nobody_changes_or_uncordons_the_node(pending: Pending) -> None:
    for what, run in pending.meanwhile.items():
        assert run.status == 2, f"{what}: {run.output}"
        assert "a reboot of the node is pending" in _printed(run), what
    assert pending.text == "new\n", "not even the watchdog rolls back"
    assert pending.is_cordoned
    assert pending.boots == 0


def test_the_watchdog_waits_for_a_delayed_reboot_instead_of_rolling_back(nodes: Nodes) -> None:
    assert nodes.delayed.watchdog == "activating"


def test_a_pending_reboot_is_the_only_one(pending: Pending) -> None:
    assert pending.last.status == 0, pending.last.output
    assert not {"drain", "apply", "reboot"} & set(pending.last.roles)
    assert pending.boots_in_all == 1


def test_after_its_reboot_the_node_is_done(lab: Lab, pending: Pending) -> None:
    node = "w-3" if "kubelet" in pending.first.output else "w-2"

    assert lab.ssh(node, f"cat {PATH}") == "new\n"
    assert not _is_cordoned(lab, node)
    assert trace(lab, node) == ""


def test_a_reboot_that_was_cancelled_is_ordered_again_by_the_next_run(nodes: Nodes) -> None:
    found = nodes.cancelled

    assert "was ordered, and then cancelled there" in _printed(found.first)
    assert found.is_cordoned, "the config is applied and waits for its boot"
    assert found.last.status == 0, found.last.output
    assert "apply" not in found.last.roles
    assert found.boots_in_all == 1


@pytest.mark.parametrize("what", OBSTACLES)
def test_a_node_that_cannot_be_rebooted_is_not_disturbed(nodes: Nodes, what: str) -> None:
    run = nodes.refused.runs[what]

    assert run.status == 2, run.output
    assert OBSTACLES[what][2] in _printed(run)
    assert not {"cordon", "drain", "apply"} & set(run.roles)
    assert not nodes.refused.is_cordoned
    assert nodes.refused.boots == 0


def test_a_controller_that_was_killed_meanwhile_waits_for_the_pending_reboot(stage: Stage) -> None:
    lab, node = stage.lab, "w-1"
    stage.controller.start()
    stage.rolled_out()
    others = [each for each in WORKERS if each != node]
    stage.kubectl("annotate", "node", *others, f"{PREFIX}hold=another test")
    lab.ssh(node, "sudo sh", stdin=_DELAYED)
    boots = stage.boots()[node]
    spec = json.dumps({"spec": REBOOT["spec"]})
    stage.kubectl("patch", "machineconfiguration", "cluster", "--type=merge", f"--patch={spec}")
    stage.kubectl("apply", "--filename=-", stdin=json.dumps(_MACHINE_CONFIG))
    stage.eventually(lambda: "true" in lab.ssh(node, _PREPARING), "the reboot is ordered")

    stage.controller.kill()
    stage.controller.start()

    why = "Reboot: a reboot of the node is pending: it waits for the inhibitors kubelet"
    stage.eventually(lambda: why in stage.annotation(node, "reason"), "the reason is reported")
    assert _is_cordoned(lab, node)
    assert stage.annotation(node, "state") == "Working"
    assert lab.ssh(node, f"cat {PATH}") == "new\n"

    lab.ssh(node, f"sudo {_END_DELAY}", check=False)
    stage.eventually(lambda: stage.annotation(node, "state") == "Done", "the node is done")
    assert stage.boots()[node] == boots + 1
    assert not _is_cordoned(lab, node)
    reasons = stage.kubectl("get", "events", "--output=jsonpath={.items[*].message}")
    assert reasons.count(why) == 1
