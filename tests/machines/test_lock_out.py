"""A config that locks out SSH is rolled back by the node itself."""

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
from tests.machines.configs import QUIET, Json, file, ignition, policy, restart, worker_config
from tests.machines.playbook import KILL_ALL, Moment, Run, play
from tests.machines.watchdog_files import trace

SECONDS = 15
_ONESHOT = "[Service]\nType=oneshot\nExecStart=/bin/true\n[Install]\n"
_WANTED, _REQUIRED = "WantedBy=multi-user.target\n", "RequiredBy=multi-user.target\n"
_MOVED, _OFF = "moved.service", "turned-off.service"
RESTART_SSH = policy("/etc/ssh", restart("ssh.service"))
# Preflight evaluates most sshd settings for the login, but not these.
NO_COMMON_KEY_TYPE = "PubkeyAcceptedAlgorithms ssh-rsa\n"
NO_COMMON_CIPHER = "Ciphers aes128-cbc\n"
# It does not evaluate sudo rules that are included from elsewhere either.
INCLUDES = file("/etc/sudoers.d/zz-site", "@include /srv/site.sudo\n", 0o440)
_STATE = """
find /etc -type f -exec sha256sum {} + | sort -k 2
find /etc -type l -printf '%p -> %l\\n' | sort
systemctl list-units --plain --no-legend --type=service --state=running,failed | sort
systemctl is-system-running --wait
"""


@dataclass(frozen=True)
class LockOut:
    """A config that locks out SSH, and the machine that gets it."""

    node: str
    config: Callable[[Lab], Json]
    policy: Json | None = None
    # Phase before which a first run is killed; the next run confirms the apply and resumes.
    killed_at: str = ""
    # The cause as the node itself finds it.
    named: str = ""
    # The units of the config before.
    units: tuple[Json, ...] = ()


def _no_common_key_type(_: Lab) -> Json:
    return ignition(file("/etc/ssh/sshd_config.d/99-keys.conf", NO_COMMON_KEY_TYPE))


def _no_common_cipher(_: Lab) -> Json:
    return ignition(file("/etc/ssh/sshd_config.d/99-ciphers.conf", NO_COMMON_CIPHER))


def _require_a_password(_: Lab) -> Json:
    return ignition(INCLUDES, file("/srv/site.sudo", "admin ALL=(ALL) PASSWD: ALL\n", 0o440))


def _mask_ssh(_: Lab) -> Json:
    moved = {"name": _MOVED, "enabled": True, "contents": _ONESHOT + _REQUIRED}
    off = {"name": _OFF, "enabled": False, "contents": _ONESHOT + _WANTED}
    return ignition(units=({"name": "ssh.service", "mask": True}, moved, off))


def _with_links() -> tuple[Json, ...]:
    """Return units whose links `_mask_ssh` moves and removes."""
    return tuple(
        {"name": name, "enabled": True, "contents": _ONESHOT + _WANTED} for name in (_MOVED, _OFF)
    )


LOCK_OUTS = {
    "an sshd that accepts no key of this type": LockOut("w-1", _no_common_key_type, RESTART_SSH),
    "an sshd without a common cipher": LockOut("w-2", _no_common_cipher, RESTART_SSH, "actions"),
    "a sudo that requires a password": LockOut(
        "w-3", _require_a_password, named="sudo: a password is required"
    ),
    "a boot without sshd": LockOut(
        "cp-1", _mask_ssh, units=_with_links(), named="nothing listens at"
    ),
}


@dataclass(frozen=True)
class Outcome:
    """A machine before and after the lock-out."""

    named: str
    before: str
    boots_before: int
    first: Run
    after: str
    boots: int
    left: str
    record: dict[str, Any] = field(repr=False)
    again: Run


def _lock_out(lab: Lab, lock_out: LockOut) -> Outcome:
    node, machine = lock_out.node, lab.machine(lock_out.node)
    files = file("/etc/lock-out", "good\n"), INCLUDES, file("/srv/site.sudo", "", 0o440)
    good = ignition(*files, units=lock_out.units)
    assert play(lab, node, good, QUIET).status == 0
    if lock_out.units:
        lab.ssh(node, f"sudo systemctl add-requires graphical.target {_OFF}")
    before, boots_before = _state(lab, node), machine.boots()
    bad = lock_out.config(lab)
    bad["storage"]["files"].append(file("/etc/lock-out", "bad\n"))
    if lock_out.killed_at:
        killed = Moment(lock_out.killed_at, KILL_ALL)
        play(lab, node, bad, lock_out.policy, moment=killed, apply_confirm_timeout=SECONDS)
    first = play(lab, node, bad, lock_out.policy, apply_confirm_timeout=SECONDS)
    wait_until(lambda: bool(_record(lab, node).get("reverted")), "the rollback", lab.folder, node)
    machine.wait_ready()
    return Outcome(
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
    """Return contents, links, services and the state that systemd reports."""
    return lab.ssh(node, "sudo sh", stdin=_STATE, check=False)


def _record(lab: Lab, node: str) -> dict[str, Any]:
    text = lab.ssh(node, "sudo -n cat /var/lib/machine-config/record.json", check=False)
    found: dict[str, Any] = json.loads(text or "{}")
    return found


@pytest.fixture(scope="module")
def outcomes(lab: Lab) -> Iterator[dict[str, Outcome]]:
    """Run all lock-outs in parallel, since each machine mostly waits."""
    with ThreadPoolExecutor() as pool:
        ends = pool.map(lambda each: _lock_out(lab, each), LOCK_OUTS.values())
        yield dict(zip(LOCK_OUTS, ends, strict=True))
    make_pristine(lab, lab.nodes)


@pytest.fixture(params=LOCK_OUTS)
def outcome(request: pytest.FixtureRequest, outcomes: dict[str, Outcome]) -> Outcome:
    return outcomes[request.param]


def test_the_run_that_locks_out_fails(outcome: Outcome) -> None:
    assert outcome.first.status != 0, outcome.first.output


# The one that boots has rolled back while its run still waits for it.
@pytest.mark.parametrize("what", [each for each in LOCK_OUTS if each != "a boot without sshd"])
def test_the_run_that_locks_out_reports_that_the_node_rolls_back_by_itself(
    outcomes: dict[str, Outcome], what: str
) -> None:
    printed = " ".join(outcomes[what].first.output.split())

    assert "the node rolls back to its last config by itself" in printed


def test_the_machine_has_its_old_files_and_services_again(outcome: Outcome) -> None:
    assert outcome.after == outcome.before, outcome.first.output


def test_the_record_contains_the_rolled_back_config_and_the_cause(
    outcome: Outcome,
) -> None:
    reverted = outcome.record["reverted"]

    assert reverted["config"].startswith("ignition-")
    assert reverted["config"] != outcome.record["config"]
    assert reverted["cause"].startswith(f"no run confirmed it within {SECONDS} s")
    assert outcome.named in reverted["cause"]
    assert outcome.record["paths"]["/etc/lock-out"]["sha256"]


def test_no_unit_program_or_temporary_file_of_the_watchdog_is_left(outcome: Outcome) -> None:
    assert outcome.left == ""


def test_a_person_who_would_apply_the_same_config_again_is_warned(outcome: Outcome) -> None:
    assert outcome.again.status == 0, outcome.again.output
    assert "the watchdog rolled back ignition-" in outcome.again.output


def test_only_a_config_that_was_booted_needs_a_boot_to_roll_back(
    outcomes: dict[str, Outcome],
) -> None:
    more = {what: each.boots - each.boots_before for what, each in outcomes.items()}

    assert more.pop("a boot without sshd") == 2
    assert set(more.values()) == {0}


def test_a_confirmed_node_has_no_watchdog_left_and_reloads_no_unit(
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


def test_under_the_controller_one_node_reports_the_cause_and_the_rollout_stops(
    stage: Stage,
) -> None:
    stage.controller.start(MACHINECONFIG_CONFIRM_TIMEOUT="10")
    stage.rolled_out()
    before = stage.target()
    spec = json.dumps({"spec": RESTART_SSH["spec"]})
    stage.kubectl("patch", "machineconfiguration", "cluster", "--type=merge", f"--patch={spec}")
    stage.kubectl("apply", "--filename=-", stdin=json.dumps(_machine_config("70-no-key")))

    stage.eventually(
        lambda: stage.annotation("w-1", "state") == "Degraded", "the node reports the lock-out"
    )

    reason = stage.annotation("w-1", "reason")
    assert "the controller could not log in for" in reason
    assert "Permission denied" in reason
    assert (
        f"the watchdog rolled back {stage.target()}, which had locked out the controller" in reason
    )
    assert stage.target() != before
    assert stage.sudo("w-1", "ls", "/etc/ssh/sshd_config.d") == "lab.conf\n"
    message = stage.condition("Degraded")["message"]
    assert "w-1" in message, "the pool reports it too"
    for node in WORKERS[1:]:
        assert stage.annotation(node, "desiredConfig") == before, "no other node is changed"

    stage.kubectl("delete", "machineconfig", "70-no-key")
    stage.rolled_out(beyond=stage.target())
    assert stage.annotation("w-1", "currentConfig") == before


def _machine_config(name: str) -> Json:
    return worker_config(
        name, ignition(file("/etc/ssh/sshd_config.d/99-keys.conf", NO_COMMON_KEY_TYPE))
    )
