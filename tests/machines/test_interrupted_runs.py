"""After a kill, an error or an obstacle the node runs the old or the new config, and reports it."""

import json
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP
from typing import Any

import pytest

from controller.api.names import CORDON_MARK
from tests.lab import Lab
from tests.lab.waiting import wait_until
from tests.machines.clean_lab import make_pristine
from tests.machines.configs import Json, file, ignition, policy, restart
from tests.machines.playbook import KILL_ALL, KILL_WITHOUT_WORKERS, Moment, Run, play
from tests.machines.watchdog_files import trace

NOTHING = ignition()
PHASES = ("preflight", "cordon", "drain", "apply", "reboot", "confirm", "verify", "uncordon")
UNIT = {
    "name": "fault.service",
    "enabled": True,
    "contents": "[Service]\nType=oneshot\nExecStart=/bin/true\n"
    "[Install]\nWantedBy=multi-user.target\n",
}


@pytest.fixture(scope="module", autouse=True)
def _left_as_found(lab: Lab) -> Iterator[None]:
    yield
    make_pristine(lab, lab.nodes)


def _node(lab: Lab, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        lab.kubectl("get", "node", name, "--output=json").stdout,
    )
    return found


def _is_cordoned(lab: Lab, name: str) -> bool:
    return bool(_node(lab, name)["spec"].get("unschedulable"))


def _answers(lab: Lab, node: str) -> bool:
    return lab.ssh(node, "true; echo yes", check=False) == "yes\n"


def _succeeds(run: Run) -> None:
    assert run.status == 0, run.output


def _fails(run: Run, expected: str) -> None:
    assert run.status not in {0, -9}, run.output
    assert re.search(expected, " ".join(run.output.split())), run.output


def _lock_is_free(lab: Lab, node: str) -> bool:
    return lab.ssh(node, "sudo flock --nonblock /var/lib/machine-config/lock echo free") == "free\n"


def test_a_run_killed_before_each_phase_is_completed_by_the_next_with_one_reboot(lab: Lab) -> None:
    config = ignition(file("/etc/fault", "yes\n"), units=(UNIT,))
    machine = lab.machine("w-1")
    boots = machine.boots()

    for phase in PHASES:
        run = play(lab, "w-1", config, moment=Moment(phase, KILL_ALL))
        assert run.status == -9, f"{phase}: {run.output}"
        # A run that resumes after an apply confirms it first, before it reboots.
        booted = phase in {"verify", "uncordon"}
        assert machine.boots() == boots + booted, phase
        if phase == "uncordon":
            assert not {"cordon", "drain", "reboot"} & set(run.roles), (
                "no action is pending any more"
            )
            assert _is_cordoned(lab, "w-1"), "until it is verified"
    last = play(lab, "w-1", config)

    _succeeds(last)
    assert not {"cordon", "drain", "apply", "reboot"} & set(last.roles)
    assert machine.boots() == boots + 1
    assert not _is_cordoned(lab, "w-1")
    assert lab.ssh("w-1", "cat /etc/fault; systemctl is-enabled fault.service") == "yes\nenabled\n"
    assert trace(lab, "w-1") == ""


def test_workers_that_outlive_their_run_work_once(lab: Lab) -> None:
    config = ignition(file("/etc/fault", "yes\n"), units=(UNIT,))
    machine = lab.machine("w-2")
    boots = machine.boots()
    lab.kubectl("cordon", "w-2")
    # A kubelet could do this, so that the cordon looks like the controller's.
    lab.kubectl("annotate", "node", "w-2", f"{CORDON_MARK}=true")

    for phase in ("apply", "reboot", "confirm"):
        moment = Moment(phase, KILL_WITHOUT_WORKERS, in_work=True)
        killed = play(lab, "w-2", config, moment=moment, cluster_cordon_mark="4f1c")
        assert killed.status == -9
        machine.wait_ready()
    _settled(lab, "w-2", config, mark="4f1c")

    assert machine.boots() == boots + 1
    assert lab.ssh("w-2", "cat /etc/fault; systemctl is-enabled fault.service") == "yes\nenabled\n"
    assert trace(lab, "w-2") == ""
    assert _is_cordoned(lab, "w-2"), "an administrator's cordon stays"
    lab.kubectl("uncordon", "w-2")
    lab.kubectl("annotate", "node", "w-2", f"{CORDON_MARK}-")


def test_a_node_that_was_registered_again_is_not_cordoned_by_a_run_for_the_one_before(
    lab: Lab,
) -> None:
    config = ignition(file("/etc/fault", "again\n"), units=(UNIT,))
    run = play(lab, "w-2", config, playbook="cordon", cluster_uid="of the one before")

    assert run.status == 2, run.output
    assert "was deleted and registered again" in " ".join(run.output.split())
    assert not _is_cordoned(lab, "w-2")


def _settled(lab: Lab, node: str, config: Json, mark: str = "") -> None:
    """Run the update until a reboot that an orphaned worker has ordered is over."""
    for _ in range(3):
        run = play(lab, node, config, cluster_cordon_mark=mark)
        if "unreachable=1" not in run.output:
            break
        wait_until(lambda: _answers(lab, node), "the node to respond", lab.folder, node)
    _succeeds(run)


def test_a_machine_that_loses_power_during_an_apply_has_no_torn_file_and_keeps_its_originals(
    lab: Lab,
) -> None:
    many, machine = 1500, lab.machine("w-3")
    paths = [f"/etc/faults/{number:04}" for number in range(many)]
    lab.ssh("w-3", f"sudo mkdir /etc/faults; echo mine | sudo tee {paths[0]} {paths[-1]}")
    config = ignition(*(file(path, "ours\n") for path in paths))
    # The machine's disk is visible here at once, without the machine.
    seen = _disk(lab, "w-3") / paths[many // 3][1:]
    off = lab.folder / "off" / "w-3"
    cut = f"timeout 60 sh -c 'until test -e {seen}; do :; done; touch {off}' &"

    killed = play(lab, "w-3", config, moment=Moment("apply", cut))
    assert killed.status != 0, killed.output
    machine.kill()
    machine.start()
    machine.wait_ready()
    torn = set(_contents(lab, "w-3", "/etc/faults/*")) - {"mine", "ours"}
    _succeeds(play(lab, "w-3", config))

    assert torn == set()
    assert _contents(lab, "w-3", "/etc/faults/*") == ["ours"] * many
    assert trace(lab, "w-3") == ""
    _succeeds(play(lab, "w-3", NOTHING))
    assert lab.ssh("w-3", "head -n 9 /etc/faults/*").split() == [
        *("==>", paths[0], "<==", "mine"),
        *("==>", paths[-1], "<==", "mine"),
    ]


def _disk(lab: Lab, node: str) -> Path:
    return next(lab.folder.glob(f"**/{node}/upper"))


def _contents(lab: Lab, node: str, pattern: str) -> list[str]:
    return lab.ssh(node, f"sudo cat {pattern}").split()


_READS = """
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/cp /etc/fault-read /run/%N
ExecStart={then}
"""
_SERVICES = {
    "fault-runs": _READS.format(then="/bin/true"),
    "fault-idle": _READS.format(then="/bin/true"),
    "fault-picky": _READS.format(then="/bin/grep old /etc/fault-read"),
}


def test_files_and_services_are_rolled_back_if_a_service_fails_to_restart(lab: Lab) -> None:
    lab.ssh("cp-1", "echo old | sudo tee /etc/fault-read")
    for name, text in _SERVICES.items():
        lab.ssh("cp-1", f"sudo tee /etc/systemd/system/{name}.service", stdin=text)
    lab.ssh("cp-1", "sudo systemctl daemon-reload; sudo systemctl start fault-runs")
    asked = policy(
        "/etc/fault-read", {"type": "Drain"}, *(restart(f"{name}.service") for name in _SERVICES)
    )

    run = play(lab, "cp-1", ignition(file("/etc/fault-read", "new\n")), asked)

    _fails(run, "systemctl restart fault-picky.service. failed")
    assert "drain" in run.roles
    assert not _is_cordoned(lab, "cp-1")
    assert lab.ssh("cp-1", "cat /etc/fault-read /run/fault-runs /run/fault-idle").split() == [
        "old",
        "old",  # it was started again, and has read this
        "new",  # it was started, and only stopped again
    ]
    states = "systemctl is-active fault-runs fault-idle fault-picky"
    assert lab.ssh("cp-1", states, check=False).split() == ["active", "inactive", "inactive"]
    assert trace(lab, "cp-1") == ""


_FULL = """
mkdir -p /run/small /etc/fault-k && mount -t tmpfs -o size=64k tmpfs /run/small
mkdir /run/small/u /run/small/w
mount -t overlay -o lowerdir=/etc/fault-k,upperdir=/run/small/u,workdir=/run/small/w o /etc/fault-k
"""
_NO_INODES = _FULL.replace("size=64k", "nr_inodes=8")
_OF_RECORD = """
mkdir -p /var/lib/machine-config /run/small && mount -t tmpfs -o size=16k tmpfs /run/small
cd /run/small && mkdir u w
mount -t overlay -o lowerdir=/var/lib/machine-config,upperdir=u,workdir=w o /var/lib/machine-config
head -c 1M /dev/zero >/run/small/filler || :
"""
_READ_ONLY_RECORD = """
mkdir -p /var/lib/machine-config
mount --bind /var/lib/machine-config /var/lib/machine-config
mount -o remount,bind,ro /var/lib/machine-config
"""
_READ_ONLY = """
mkdir -p /etc/fault-k && mount --bind /etc/fault-k /etc/fault-k
mount -o remount,bind,ro /etc/fault-k
"""
# Like chattr +i, which a minimal Debian does not have: FS_IOC_SETFLAGS, FS_IMMUTABLE_FL.
_FLAGS = """
mkdir -p /etc/fault-k && touch /etc/fault-k/b
python3 -c "
import fcntl, struct
fcntl.ioctl(open('/etc/fault-k/b'), 0x40086602, struct.pack('l', {flags}))
"
"""
_OBSTACLES = {
    "a full disk": (_FULL, "umount /etc/fault-k /run/small", "too full"),
    "a read-only place": (_READ_ONLY, "umount /etc/fault-k", "(?i)read-only"),
    "no inodes": (_NO_INODES, "umount /etc/fault-k /run/small", "has only .* inodes left"),
    "a full disk of the record": (
        _OF_RECORD,
        "umount /var/lib/machine-config /run/small; mkdir -p /etc/fault-k",
        "/var/lib/machine-config/.*: its file system is full",
    ),
    "a read-only record": (
        _READ_ONLY_RECORD,
        "umount /var/lib/machine-config; mkdir -p /etc/fault-k",
        "/var/lib/machine-config.*: its file system is read-only",
    ),
    "an immutable file": (
        _FLAGS.format(flags="0x10"),
        _FLAGS.format(flags="0").replace("touch", "test -e"),
        "(?i)immutable|not permitted",
    ),
}


@pytest.mark.parametrize("obstacle", _OBSTACLES)
def test_an_obstacle_at_one_file_leaves_every_file_unchanged(lab: Lab, obstacle: str) -> None:
    put_up, take_down, expected = _OBSTACLES[obstacle]
    lab.ssh("w-3", "sudo sh -eu", stdin=put_up)
    before = lab.ssh("w-3", "sudo find /etc -ls | sort -k 11")
    config = ignition(
        file("/etc/fault-a", "new\n"),
        file("/etc/fault-k/b", "new\n" * 40000),
        file("/etc/fault-z", "new\n"),
    )

    run = play(lab, "w-3", config, playbook="apply")
    after = lab.ssh("w-3", "sudo find /etc -ls | sort -k 11")
    lab.ssh("w-3", "sudo sh -eu; sudo rm -r /etc/fault-k", stdin=take_down)

    _fails(run, expected)
    assert _without_folders(after) == _without_folders(before)
    assert trace(lab, "w-3") == ""


def _without_folders(listed: str) -> list[str]:
    """Exclude directories, whose times change with temporary files."""
    return [line for line in listed.splitlines() if line.split()[2][0] != "d"]


_EACH_SESSION = """
import contextlib, glob, os, sys
for name in glob.glob("/proc/[0-9]*/status"):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        status = dict(line.split(":", 1) for line in open(name).read().splitlines() if ":" in line)
        if status["Name"].strip().startswith("sshd") and status["Uid"].split()[0] == "1000":
            os.kill(int(status["Pid"]), int(sys.argv[1]))
"""


@pytest.mark.parametrize("number", [SIGKILL, SIGSTOP], ids=["is cut", "hangs"])
def test_a_connection_that_fails_in_a_phase_ends_the_run_and_the_next_run_completes_it(
    lab: Lab, number: int
) -> None:
    lab.ssh("w-3", "sudo tee /root/sessions.py", stdin=_EACH_SESSION)
    fails = f"[Service]\nType=oneshot\nExecStart=/usr/bin/python3 /root/sessions.py {number:d}\n"
    lab.ssh("w-3", "sudo tee /run/systemd/system/fault-ssh.service", stdin=fails)
    lab.ssh("w-3", "sudo systemctl daemon-reload")
    config = ignition(file("/etc/fault-ssh", f"{number}\n"))
    asked = policy("/etc/fault-ssh", restart("fault-ssh.service"))

    # As in ansible.cfg, but ten times faster.
    run = play(lab, "w-3", config, asked, ssh=["ServerAliveInterval=1"])

    _fails(run, "UNREACHABLE")
    assert _lock_is_free(lab, "w-3")
    lab.ssh("w-3", f"sudo python3 /root/sessions.py {SIGCONT:d}")
    _succeeds(play(lab, "w-3", config, asked))
    assert trace(lab, "w-3") == ""


# A Python that first searches for the sent content; the pattern does not match this file.
_LOOKING_PYTHON = """#!/bin/sh
grep -rlE 'fault-sen[t]|ZmF1bHQtc2Vud[A]' /tmp /var/tmp /dev/shm /run /home /root >>/root/seen 2>&1
exec /usr/bin/python3 "$@"
"""


def test_what_is_sent_to_a_node_is_in_no_file_there_for_a_killed_run_to_leave(lab: Lab) -> None:
    looking = "/usr/local/bin/looking-python"
    lab.ssh("w-3", f"sudo tee {looking} && sudo chmod 755 {looking}", stdin=_LOOKING_PYTHON)
    text = f"# fault-sent\n{UNIT['contents']}"
    unit = {**UNIT, "name": "fault-sent.service", "contents": text}
    config = ignition(file("/etc/fault-s", "fault-sent\n"), units=(unit,))

    run = play(
        lab,
        "w-3",
        config,
        playbook="apply",
        ansible_python_interpreter=looking,
        ansible_pipelining=False,
    )

    _succeeds(run)
    assert lab.ssh("w-3", "cat /etc/fault-s; sudo cat /root/seen") == "fault-sent\n"
    # Its unit would require a reboot in the next update of the node.
    make_pristine(lab, ["w-3"])


@pytest.mark.parametrize("way", ["another address", "another key"])
def test_nothing_is_sent_to_a_machine_that_is_not_the_node(
    lab: Lab, way: str, tmp_path: Path
) -> None:
    known, leads_to = lab.folder / "known_hosts", "w-2"
    if way == "another key":
        leads_to, known = "w-1", tmp_path / "known_hosts"
        keys = dict(line.split(" ", 1) for line in (lab.folder / "known_hosts").open())
        known.write_text(f"w-1 {keys['w-2']}")
    settled = subprocess.run(
        ["ssh", "-G", "-F", str(lab.ssh_config), leads_to],
        capture_output=True,
        text=True,
        check=True,
    )
    address = re.findall("^hostname (.*)$", settled.stdout, re.MULTILINE)[0]
    options = [f"HostName={address}", "HostKeyAlias=w-1", f"UserKnownHostsFile={known}"]

    run = play(lab, "w-1", ignition(file("/etc/fault-sent", "yes\n")), ssh=options)

    _fails(run, "UNREACHABLE.*Host key verification failed")
    for node in ("w-1", "w-2"):
        assert lab.ssh(node, "ls /etc/fault-sent", check=False) == ""


def test_of_two_runs_the_newer_wins_and_an_older_controller_is_refused(
    lab: Lab, tmp_path: Path
) -> None:
    older, newer = (ignition(file("/etc/fault-two", f"{text}\n")) for text in ("older", "newer"))
    there, go = tmp_path / "there", tmp_path / "go"
    waits = f"touch {there}; timeout 90 sh -c 'until test -e {go}; do sleep 0.1; done'"

    with ThreadPoolExecutor() as pool:
        first = pool.submit(
            play, lab, "cp-1", older, moment=Moment("apply", waits), machineconfig_fence=5
        )
        wait_until(there.exists, "the apply", lab.folder, "cp-1")
        second = play(lab, "cp-1", newer, machineconfig_fence=6)
        go.touch()
    third = play(lab, "cp-1", older, playbook="preflight", machineconfig_fence=5)

    _succeeds(second)
    _fails(first.result(), "was superseded by run")
    _fails(third, "fencing number 5 is below the record's 6")
    assert lab.ssh("cp-1", "cat /etc/fault-two") == "newer\n"


_HELD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "fault-held", "finalizers": ["example.com/held"]},
    "spec": {
        "nodeName": "w-2",
        "terminationGracePeriodSeconds": 1,
        "containers": [{"name": "web", "image": "registry.example.com/web:1"}],
    },
}


def test_nothing_is_applied_to_a_node_that_is_uncordoned_during_its_drain_until_it_is_drained(
    lab: Lab,
) -> None:
    config = ignition(file("/etc/fault-drain", "yes\n"))
    asked = policy("/etc/fault-drain", {"type": "Drain"})
    lab.kubectl("create", "--filename=-", stdin=json.dumps(_HELD))

    with ThreadPoolExecutor() as pool:
        first = pool.submit(play, lab, "w-2", config, asked)
        wait_until(lambda: _is_leaving(lab), "the drain", lab.folder, "w-2")
        lab.kubectl("uncordon", "w-2")
        lab.kubectl("patch", "pod", "fault-held", '--patch={"metadata":{"finalizers":null}}')
    uncordoned = not _is_cordoned(lab, "w-2")
    there = lab.ssh("w-2", "ls /etc/fault-drain", check=False)

    _fails(first.result(), "Node w-2 was uncordoned during the drain")
    assert "apply" not in first.result().roles
    assert uncordoned
    assert there == ""
    _succeeds(play(lab, "w-2", config, asked))
    assert lab.ssh("w-2", "cat /etc/fault-drain") == "yes\n"
    assert not _is_cordoned(lab, "w-2")


def _is_leaving(lab: Lab) -> bool:
    asked = ("get", "pod", "fault-held", "--output=jsonpath={.metadata.deletionTimestamp}")
    return bool(lab.kubectl(*asked).stdout)
