"""A node whose boot does not come up goes back by itself, whatever the boot has become."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from tests.lab import Lab
from tests.lab.waiting import wait_until
from tests.machines.clean_lab import make_pristine
from tests.machines.configs import file, ignition, policy
from tests.machines.playbook import play
from tests.machines.watchdog_files import trace

SECONDS = 12
REBOOT = policy("/", {"type": "Reboot"})
UNITS = "/etc/systemd/system"
AS_USUAL = "[Unit]\nRequires=multi-user.target\nAfter=multi-user.target\nAllowIsolate=yes\n"
EMERGENCY = "echo none /mnt nosuchfs defaults 0 0 > /etc/fstab"
REBOOTS = "again and again, because a unit reboots"
_STATE = """
find /etc -type f -exec sha256sum {} + | sort -k 2
find /etc -type l -printf '%p -> %l\\n' | sort
systemctl is-system-running --wait
"""


@dataclass(frozen=True)
class BrokenBoot:
    """A managed path whose good content is replaced before the boot, unseen by preflight."""

    node: str
    path: str
    text: str
    # What replaces it, as commands on the machine.
    breaks: str
    # The cause as the node itself finds it.
    named: str
    # Whether /var is a file system of its own.
    own_var: bool = False


BROKEN_BOOTS = {
    "in emergency mode, without its state folder": BrokenBoot(
        "w-1",
        "/etc/fstab",
        "/srv/var /var none bind 0 0\n# good\n",
        EMERGENCY,
        "mnt.mount failed (exit-code); the boot ended in emergency mode",
        own_var=True,
    ),
    "in rescue mode, for lack of a default target": BrokenBoot(
        "w-2",
        f"{UNITS}/default.target",
        AS_USUAL,
        f"ln -sf /dev/null {UNITS}/default.target",
        "Unit default.target is masked; the boot ended in rescue mode",
    ),
    "nowhere, because a unit never ends": BrokenBoot(
        "cp-1",
        f"{UNITS}/systemd-tmpfiles-setup.service.d/10-early.conf",
        "# good\n",
        f"""
        cd {UNITS}/systemd-tmpfiles-setup.service.d
        printf '[Service]\\nTimeoutStartSec=infinity\\n' > 10-early.conf
        printf 'ExecStartPre=/bin/sleep infinity\\n' >> 10-early.conf
        """,
        "systemd-tmpfiles-setup.service is still starting",
    ),
    REBOOTS: BrokenBoot(
        "w-2",
        f"{UNITS}/systemd-tmpfiles-setup.service.d/10-reboot.conf",
        "# good\n",
        f"""
        cd {UNITS}/systemd-tmpfiles-setup.service.d
        printf '[Service]\\nExecStartPost=systemctl --no-block reboot\\n' > 10-reboot.conf
        """,
        "the node reboots again and again",
    ),
    "without any service, and with a masked watchdog": BrokenBoot(
        "w-3",
        f"{UNITS}/service.d/10-all.conf",
        "# good\n",
        f"""
        touch /run/earlier-boot
        cd {UNITS}
        printf '[Unit]\\nConditionPathExists=/run/earlier-boot\\n' > service.d/10-all.conf
        printf 'After=never.service\\n[Service]\\nProtectSystem=strict\\n' >> service.d/10-all.conf
        ln -s /dev/null machine-config-revert.timer
        ln -s /dev/null machine-config-revert.service
        """,
        "systemd-journald.socket failed (trigger-limit-hit)",
    ),
}


@dataclass(frozen=True)
class Outcome:
    """A machine before and after the boot that was broken."""

    named: str
    before: str
    after: str
    boots: int
    cause: str
    has_failed: bool
    left: str


def _break_boots(lab: Lab, node: str) -> dict[str, Outcome]:
    own = {what: each for what, each in BROKEN_BOOTS.items() if each.node == node}
    return {what: _break_boot(lab, each) for what, each in own.items()}


def _break_boot(lab: Lab, broken: BrokenBoot) -> Outcome:
    node, machine = broken.node, lab.machine(broken.node)
    if broken.own_var:
        lab.ssh(
            node, "sudo sh -e", stdin="cp -a /var /srv; echo /srv/var /var none bind > /etc/fstab"
        )
        machine.reboot()
    before, boots = _state(lab, node), machine.boots()
    config = ignition(file(broken.path, broken.text))
    applied = play(lab, node, config, REBOOT, playbook="apply", apply_confirm_timeout=SECONDS)
    assert applied.status == 0, applied.output
    lab.ssh(node, "sudo sh -e", stdin=f"{broken.breaks}\nsystemctl --no-block reboot", check=False)
    wait_until(lambda: bool(_reverted(lab, node)), "the rollback", lab.folder, node)
    machine.wait_ready()
    reverted = _reverted(lab, node)
    return Outcome(
        broken.named,
        before,
        _state(lab, node),
        machine.boots() - boots,
        reverted["cause"],
        reverted.get("broken_boot", False),
        trace(lab, node),
    )


def _state(lab: Lab, node: str) -> str:
    """Return contents, links and the state that systemd reports."""
    return lab.ssh(node, "sudo sh", stdin=_STATE, check=False)


def _reverted(lab: Lab, node: str) -> dict[str, Any]:
    text = lab.ssh(node, "sudo -n cat /var/lib/machine-config/record.json", check=False)
    found: dict[str, Any] = json.loads(text or "{}").get("reverted", {})
    return found


@pytest.fixture(scope="module")
def outcomes(lab: Lab) -> Iterator[dict[str, Outcome]]:
    """Break the boots of all machines in parallel, since each machine mostly waits."""
    nodes = sorted({each.node for each in BROKEN_BOOTS.values()})
    with ThreadPoolExecutor() as pool:
        ends = pool.map(lambda node: _break_boots(lab, node), nodes)
        yield {what: outcome for found in ends for what, outcome in found.items()}
    make_pristine(lab, lab.nodes)


@pytest.fixture(params=BROKEN_BOOTS)
def outcome(request: pytest.FixtureRequest, outcomes: dict[str, Outcome]) -> Outcome:
    return outcomes[request.param]


def test_the_machine_is_as_it_was_before_the_config(outcome: Outcome) -> None:
    assert outcome.after == outcome.before


def test_a_config_that_cannot_be_booted_has_failed_and_is_not_applied_again(
    outcome: Outcome,
) -> None:
    ended = any(mode in outcome.cause for mode in ("emergency mode", "rescue mode", "again and"))

    assert outcome.has_failed == ended


def test_it_boots_once_into_the_config_and_once_out_of_it(outcomes: dict[str, Outcome]) -> None:
    boots = {what: each.boots for what, each in outcomes.items()}

    assert boots.pop(REBOOTS) > 2, "a reboot may be a person's"
    assert set(boots.values()) == {2}


def test_the_cause_names_what_went_wrong_in_the_boot(outcome: Outcome) -> None:
    assert outcome.cause.startswith("no run confirmed it ")
    assert outcome.named in outcome.cause


def test_nothing_of_the_watchdog_is_left(outcome: Outcome) -> None:
    assert outcome.left == ""
