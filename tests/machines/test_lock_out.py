"""A config that nobody can log in with any more undoes itself."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.demo.stage import WORKERS, Stage
from tests.lab import Lab
from tests.lab.waiting import wait_until
from tests.machines.clean_lab import make_pristine
from tests.machines.configs import Json, file, ignition, policy, restart
from tests.machines.playbook import KILL_ALL, Moment, Run, play
from tests.machines.watchdog_files import trace

SECONDS = 15
RESTART_SSH = policy("/etc/ssh", restart("ssh.service"))
# Preflight knows what most of sshd's settings mean to a login, but not these.
NO_KEY_LIKE_OURS = "PubkeyAcceptedAlgorithms ssh-rsa\n"
NO_CIPHER_OF_OURS = "Ciphers aes128-cbc\n"
# Nor does it know what rules of sudo somebody includes from elsewhere.
INCLUDES = file("/etc/sudoers.d/zz-site", "@include /srv/site.sudo\n", 0o440)
_STATE = """
find /etc -type f -exec sha256sum {} + | sort -k 2
find /etc -type l -printf '%p -> %l\\n' | sort
systemctl list-units --plain --no-legend --type=service --state=running,failed | sort
systemctl is-system-running --wait
"""


@dataclass(frozen=True)
class LockOut:
    """A config that cuts us off, and the machine that gets it."""

    node: str
    config: Callable[[Lab], Json]
    policy: Json | None = None
    # A phase before which a first run is killed; the next confirms that, and goes on.
    killed_at: str = ""
    # What the node itself finds out about the cause.
    named: str = ""


def _take_no_key(_: Lab) -> Json:
    return ignition(file("/etc/ssh/sshd_config.d/99-keys.conf", NO_KEY_LIKE_OURS))


def _take_no_cipher(_: Lab) -> Json:
    return ignition(file("/etc/ssh/sshd_config.d/99-ciphers.conf", NO_CIPHER_OF_OURS))


def _ask_for_a_password(_: Lab) -> Json:
    return ignition(INCLUDES, file("/srv/site.sudo", "admin ALL=(ALL) PASSWD: ALL\n", 0o440))


def _mask_ssh(_: Lab) -> Json:
    return ignition(units=({"name": "ssh.service", "mask": True},))


LOCK_OUTS = {
    "an sshd that takes no key like ours": LockOut("w-1", _take_no_key, RESTART_SSH),
    "an sshd with no cipher of ours": LockOut("w-2", _take_no_cipher, RESTART_SSH, "actions"),
    "a sudo that asks for a password": LockOut(
        "w-3", _ask_for_a_password, named="sudo: a password is required"
    ),
    "a boot without sshd": LockOut("cp-1", _mask_ssh, named="nothing listens at"),
}


@dataclass(frozen=True)
class Aftermath:
    """A machine before and after it was cut off."""

    named: str
    before: str
    boots_before: int
    first: Run
    after: str
    boots: int
    left: str
    record: dict[str, Any] = field(repr=False)
    again: Run


def _suffer(lab: Lab, lock_out: LockOut) -> Aftermath:
    node, machine = lock_out.node, lab.machine(lock_out.node)
    good = ignition(file("/etc/lock-out", "good\n"), INCLUDES, file("/srv/site.sudo", "", 0o440))
    assert play(lab, node, good).status == 0
    before, boots_before = _state(lab, node), machine.boots()
    bad = lock_out.config(lab)
    bad["storage"]["files"].append(file("/etc/lock-out", "bad\n"))
    if lock_out.killed_at:
        killed = Moment(lock_out.killed_at, KILL_ALL)
        play(lab, node, bad, lock_out.policy, moment=killed, apply_confirm_timeout=SECONDS)
    first = play(lab, node, bad, lock_out.policy, apply_confirm_timeout=SECONDS)
    wait_until(lambda: bool(_record(lab, node).get("reverted")), "to go back", lab.folder, node)
    machine.wait_ready()
    return Aftermath(
        lock_out.named,
        before,
        boots_before,
        first,
        _state(lab, node),
        machine.boots(),
        trace(lab, node),
        _record(lab, node),
        play(lab, node, bad, lock_out.policy, playbook="preflight"),
    )


def _state(lab: Lab, node: str) -> str:
    """Contents, links, services and the system's own word on itself."""
    return lab.ssh(node, "sudo sh", stdin=_STATE, check=False)


def _record(lab: Lab, node: str) -> dict[str, Any]:
    text = lab.ssh(node, "sudo -n cat /var/lib/machine-config/record.json", check=False)
    found: dict[str, Any] = json.loads(text or "{}")
    return found


@pytest.fixture(scope="module")
def aftermaths(lab: Lab) -> Iterator[dict[str, Aftermath]]:
    """All of them at once: each machine mostly waits."""
    with ThreadPoolExecutor() as pool:
        ends = pool.map(lambda each: _suffer(lab, each), LOCK_OUTS.values())
        yield dict(zip(LOCK_OUTS, ends, strict=True))
    make_pristine(lab, lab.nodes)


@pytest.fixture(params=LOCK_OUTS)
def aftermath(request: pytest.FixtureRequest, aftermaths: dict[str, Aftermath]) -> Aftermath:
    return aftermaths[request.param]


def test_the_run_that_cut_the_node_off_does_not_call_it_a_success(aftermath: Aftermath) -> None:
    assert aftermath.first.status != 0, aftermath.first.output


# The one that boots is back on its old config while its run still waits for it.
@pytest.mark.parametrize("what", [each for each in LOCK_OUTS if each != "a boot without sshd"])
def test_the_run_that_cut_the_node_off_says_that_it_goes_back_by_itself(
    aftermaths: dict[str, Aftermath], what: str
) -> None:
    said = " ".join(aftermaths[what].first.output.split())

    assert "the node rolls back to its last config by itself" in said


def test_the_machine_is_back_on_its_old_files_and_services(aftermath: Aftermath) -> None:
    assert aftermath.after == aftermath.before, aftermath.first.output


def test_the_record_says_from_which_config_the_node_went_back_and_why(
    aftermath: Aftermath,
) -> None:
    reverted = aftermath.record["reverted"]

    assert reverted["config"].startswith("ignition-")
    assert reverted["config"] != aftermath.record["config"]
    assert reverted["cause"].startswith("nobody could log in to the node after it was applied")
    assert aftermath.named in reverted["cause"]
    assert aftermath.record["paths"]["/etc/lock-out"]["sha256"]


def test_no_timer_unit_code_or_temporary_file_stays(aftermath: Aftermath) -> None:
    assert aftermath.left == ""


def test_the_same_config_is_refused_before_anything_is_touched(aftermath: Aftermath) -> None:
    assert aftermath.again.status != 0
    assert "has gone back from" in aftermath.again.output
    assert "machineconfig_again=true" in aftermath.again.output


def test_only_what_was_booted_into_takes_a_boot_to_leave(
    aftermaths: dict[str, Aftermath],
) -> None:
    more = {what: each.boots - each.boots_before for what, each in aftermaths.items()}

    assert more.pop("a boot without sshd") == 2
    assert set(more.values()) == {0}


def test_a_confirmed_node_shows_no_trace_and_has_read_no_unit_anew(
    lab: Lab, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    look = f"ssh -F {lab.ssh_config} w-3 systemctl list-timers --all > {seen}"
    config = ignition(file("/etc/confirmed", "yes\n"))
    before = _units_read(lab, "w-3")

    done = play(lab, "w-3", config, moment=Moment("confirm", look))

    assert done.status == 0, done.output
    assert "machine-config-revert-now.timer" in seen.read_text(), "a timer stands ready"
    assert trace(lab, "w-3") == ""
    assert _units_read(lab, "w-3") == before
    make_pristine(lab, ["w-3"])


def _units_read(lab: Lab, node: str) -> str:
    return lab.ssh(node, "systemctl show --property=UnitsLoadTimestampMonotonic")


def test_under_the_controller_one_node_says_why_and_the_pool_stops_there(stage: Stage) -> None:
    stage.controller.start(MACHINECONFIG_CONFIRM_TIMEOUT="10")
    stage.rolled_out()
    before = stage.target()
    spec = json.dumps({"spec": RESTART_SSH["spec"]})
    stage.kubectl("patch", "machineconfiguration", "cluster", "--type=merge", f"--patch={spec}")
    stage.kubectl("apply", "--filename=-", stdin=json.dumps(_machine_config("70-no-key")))

    stage.eventually(
        lambda: stage.annotation("w-1", "state") == "Degraded", "the node that was cut off says so"
    )

    reason = stage.annotation("w-1", "reason")
    assert f"has gone back from {stage.target()} by itself" in reason
    assert stage.target() != before
    assert stage.sudo("w-1", "ls", "/etc/ssh/sshd_config.d") == "lab.conf\n"
    message = stage.condition("Degraded")["message"]
    assert "w-1" in message, "the pool says so too"
    for node in WORKERS[1:]:
        assert stage.annotation(node, "desiredConfig") == before, "nobody else is touched"

    stage.kubectl("delete", "machineconfig", "70-no-key")
    stage.rolled_out(beyond=stage.target())
    assert stage.annotation("w-1", "currentConfig") == before


def _machine_config(name: str) -> Json:
    return {
        "apiVersion": "machineconfiguration.alauda.io/v1alpha1",
        "kind": "MachineConfig",
        "metadata": {"name": name, "labels": {"machineconfiguration.alauda.io/role": "worker"}},
        "spec": {"config": ignition(file("/etc/ssh/sshd_config.d/99-keys.conf", NO_KEY_LIKE_OURS))},
    }
