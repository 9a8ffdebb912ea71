"""Units that a boot would not start are named before the change, and after it by verify.

Each Debian release plays the same story, both at the same time.
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.lab import Lab
from tests.machines.configs import Json, file, ignition
from tests.machines.playbook import Run, play

DEBIANS = ("bookworm", "trixie")
pytestmark = [pytest.mark.usefixtures("root"), pytest.mark.parametrize("node", DEBIANS)]
EARLY = "[Unit]\nDefaultDependencies=no\n{unit}\n{service}[Install]\n{install}\n"
ORDINARY = "[Unit]\n{unit}\n{service}[Install]\nWantedBy=multi-user.target\n"
SERVICE = "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n"
# The node has a cycle already, made by someone else.
OF_TODAY = """
for each in 1 2; do
    unit=/etc/systemd/system/today-$each.service
    printf '[Unit]\\nAfter=today-%s.service\\n' $((3 - each)) > $unit
    printf '[Service]\\nExecStart=/bin/true\\n' >> $unit
    ln -s $unit /etc/systemd/system/multi-user.target.wants/
done
systemctl daemon-reload
"""
# What a generator makes is known only in the boot.
GENERATOR = """#!/bin/sh
mkdir -p "$1/first.service.d"
printf '[Unit]\\nAfter=second.service\\n' > "$1/first.service.d/late.conf"
"""


def unit(name: str, text: str, **members: object) -> Json:
    return {"name": name, "contents": text, "enabled": True, **members}


def early(unit: str, install: str) -> str:
    return EARLY.format(unit=unit, install=install, service=SERVICE)


def ordinary(unit: str) -> str:
    return ORDINARY.format(unit=unit, service=SERVICE)


BAD = ignition(
    file("/etc/fstab", "tmpfs /srv/late tmpfs x-systemd.requires=chrony.service 0 0\n"),
    units=(
        unit("before-ssh.service", early("After=ssh.service\nBefore=sysinit.target", "")),
        unit("one.service", ordinary("After=other.service")),
        unit("two.service", f"{ordinary('After=one.service')}Alias=other.service\n"),
        unit("instead.service", ordinary("Conflicts=foreign-agent.service")),
        unit("generated.service", ordinary("Requires=foreign-generated.service")),
    ),
)
BAD["systemd"]["units"][0]["contents"] += "RequiredBy=sysinit.target\n"
FOUND_IN_BAD = (
    "before-ssh.service: an ordering cycle in the next boot: before-ssh.service -> ssh.service -> ",
    "one.service, two.service: an ordering cycle in the next boot: ",
    "-> srv-late.mount -> chrony.service ->",
    "conflicts with instead.service: write `enabled: false` or `mask: true`",
)
LATE = ignition(
    file("/etc/systemd/system-generators/site", GENERATOR, 0o755),
    units=(
        unit("first.service", ordinary("")),
        unit("second.service", ordinary("After=first.service")),
        unit("skipped.service", ordinary("ConditionPathExists=/nowhere")),
        unit("printer.service", early("", "WantedBy=printer.target")),
    ),
)


@dataclass(frozen=True)
class Story:
    """The runs on one machine, and its boots."""

    refused: Run
    dropped: Run
    repaired: Run
    boots: int


def _story(lab: Lab, node: str) -> Story:
    machine = lab.machine(node)
    lab.ssh(node, "sudo sh", stdin=OF_TODAY)
    before = machine.boots()
    refused = play(lab, node, BAD, playbook="preflight", cluster_required=False)
    dropped = play(lab, node, LATE, cluster_required=False)
    for each in ("first.service", "second.service"):
        lab.ssh(node, f"sudo systemctl start {each}")
    repaired = play(lab, node, LATE, cluster_required=False)
    return Story(refused, dropped, repaired, machine.boots() - before)


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Story]]:
    with Lab.without_cluster(tmp_path_factory.mktemp("machines")) as lab:
        with ThreadPoolExecutor() as pool:
            ends = pool.map(lambda node: _story(lab, node), DEBIANS)
            found = dict(zip(DEBIANS, ends, strict=True))
        yield found


@pytest.mark.parametrize("problem", FOUND_IN_BAD)
def test_what_the_next_boot_would_not_start_is_refused_with_all_names(
    stories: dict[str, Story], node: str, problem: str
) -> None:
    assert stories[node].refused.status
    assert problem in " ".join(stories[node].refused.output.split())


def test_neither_a_cycle_of_today_nor_a_generated_unit_is_a_reason(
    stories: dict[str, Story], node: str
) -> None:
    assert "today-" not in stories[node].refused.output
    assert "foreign-generated.service" not in stories[node].refused.output


def test_verify_names_the_unit_that_the_boot_dropped_with_cause_and_remedy(
    stories: dict[str, Story], node: str
) -> None:
    printed = " ".join(stories[node].dropped.output.split())

    assert stories[node].dropped.status
    # systemd chooses one of the two.
    assert re.search(
        r"(\w+)\.service was not started in this boot: systemd dropped its start to break the"
        r" ordering cycle \1\.service -> (first|second)\.service -> \1\.service",
        printed,
    ), printed
    assert "`systemctl start UNIT` if it was not started" in printed


def test_units_that_a_condition_skipped_or_no_boot_starts_or_were_dropped_before_do_not_count(
    stories: dict[str, Story], node: str
) -> None:
    for other in ("skipped.service", "printer.service", "today-1.service", "today-2.service"):
        assert f"{other} was not started" not in stories[node].dropped.output


def test_once_the_unit_runs_the_same_config_is_done_without_another_reboot(
    stories: dict[str, Story], node: str
) -> None:
    assert stories[node].repaired.status == 0, stories[node].repaired.output
    assert stories[node].boots == 1
