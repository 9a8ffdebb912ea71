"""The units of the watchdog: a timer, the service that rolls back, and one that counts boots.

They depend on nothing and are ordered after nothing that can fail, so that they start in every
boot: no broken target, ordering cycle, rescue or emergency mode keeps them from starting. Every
target wants them, whichever the boot starts. Their folder precedes all others that survive a
reboot, so that a mask or a unit of the same name elsewhere has no effect.
"""

from __future__ import annotations

import glob
import os
from typing import Iterable, Iterator

from ..systemd import unit_paths

NOW = "machine-config-revert-now"
AT_BOOT = "machine-config-revert"
COUNTER = "machine-config-revert-boots"
FOLDER = "/etc/systemd/system.control"
TARGETS = f"{FOLDER}/target.d"
# Before systemd 244 there are no drop-ins for all targets. A boot starts one of these.
_FIRST_TARGETS = ("sysinit.target", "emergency.target")

_DESCRIPTION = "Roll back the unconfirmed machine config"
_UNIT = ("DefaultDependencies=no", "IgnoreOnIsolate=yes")
_TIMER = ("AccuracySec=1s",)
# Neither limits of a slice or of `system.conf` apply, nor its environment. The mounts are its own,
# so that it can mount what the boot did not.
_SERVICE = (
    "Restart=on-failure",
    "RestartSec=30",
    "TimeoutStartSec=infinity",
    "Slice=-.slice",
    "TasksMax=infinity",
    "OOMScoreAdjust=-1000",
    "PrivateMounts=yes",
    "Environment=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
)
_ROLLBACK = ("Type=oneshot", *_SERVICE)
# Not a oneshot, for which the boot would seem to wait.
_COUNT = ("Type=exec", *_SERVICE)
_WITH_DROP_INS = [
    *((name, kind) for name in (NOW, AT_BOOT) for kind in ("service", "timer")),
    (COUNTER, "service"),
]


def paths() -> list[str]:
    """Return the paths of the unit files for later boots."""
    return [
        f"{TARGETS}/{AT_BOOT}.conf",
        f"{FOLDER}/{AT_BOOT}.timer",
        f"{FOLDER}/{AT_BOOT}.service",
        f"{FOLDER}/{COUNTER}.service",
    ]


def links() -> dict[str, str]:
    """Return the links by which the first target of a boot wants the units, with their targets."""
    return {
        f"{folder}/{unit}": f"../{unit}"
        for folder in link_folders()
        for unit in (f"{AT_BOOT}.timer", f"{COUNTER}.service")
    }


def link_folders() -> list[str]:
    """Return the folders of the links from `links`."""
    return [f"{FOLDER}/{target}.wants" for target in _FIRST_TARGETS]


def of_later_boots(program: str, command: list[str], seconds: int) -> dict[str, str]:
    """Return the unit files for later boots, as texts by path.

    With the argument `boot`, the command counts the boot.
    """
    timer = [
        "[Unit]",
        "Description=Roll back a machine config unless it is confirmed",
        *_UNIT,
        "[Timer]",
        f"OnActiveSec={seconds}",
        *_TIMER,
    ]
    service = [
        "[Unit]",
        f"Description={_DESCRIPTION}",
        *_conditions(program),
        *_UNIT,
        "[Service]",
        f"ExecStart={' '.join(command)}",
        *_ROLLBACK,
    ]
    counter = [
        "[Unit]",
        "Description=Count the boots into an unconfirmed machine config",
        *_conditions(program),
        *_UNIT,
        "[Service]",
        f'ExecStart=/bin/sh -c "{_counting(program, command)}"',
        *_COUNT,
    ]
    wanted = ["[Unit]", f"Wants={AT_BOOT}.timer {COUNTER}.service"]
    texts = ["\n".join([*lines, ""]) for lines in (wanted, timer, service, counter)]
    return dict(zip(paths(), texts))


def in_this_boot(program: str, command: list[str], seconds: int) -> list[str]:
    """Return the command that starts a transient timer, which needs no daemon-reload."""
    words = ["systemd-run", "--quiet", "--collect", f"--unit={NOW}", f"--on-active={seconds}"]
    words += [f"--timer-property={each}" for each in (*_UNIT, *_TIMER)]
    words += [f"--property={each}" for each in (*_conditions(program), *_UNIT, *_ROLLBACK)]
    return [*words, f"--description={_DESCRIPTION}", *command]


def masked_drop_ins(paths: Iterable[str]) -> list[str]:
    """Return links to /dev/null that keep the drop-ins of other units away from the watchdog's.

    A drop-in for all services applies to the watchdog's too, and may keep it from starting. Those
    on the disk are masked, and those among `paths`, which are about to be created.
    """
    return sorted(
        f"{FOLDER}/{name}.{kind}.d/{os.path.basename(path)}"
        for name, kind in _WITH_DROP_INS
        for path in _drop_ins(name, kind, paths)
    )


def mask_folders() -> list[str]:
    """Return the folders of the links from `masked_drop_ins`."""
    return [f"{FOLDER}/{name}.{kind}.d" for name, kind in _WITH_DROP_INS]


def _counting(program: str, command: list[str]) -> str:
    """Return the shell commands that count a boot, which may last less than Python needs to start.

    The end of the boot waits for them.
    """
    boots = os.path.join(os.path.dirname(program), "boots")
    note = f"cat /proc/sys/kernel/random/boot_id >>{boots}; sync {boots}"
    return f"trap '' TERM; {note}; exec {' '.join([*command, 'boot'])}"


def _conditions(program: str) -> list[str]:
    # Otherwise a retry would fail forever after the program was removed.
    return [f"ConditionPathExists={program}", "StartLimitIntervalSec=0"]


def _drop_ins(name: str, kind: str, paths: Iterable[str]) -> Iterator[str]:
    folders = [
        f"{around}/{prefix}.d"
        for around in unit_paths.FOLDERS
        for prefix in (kind, *(f"{each}.{kind}" for each in _prefixes(name)))
    ]
    for folder in folders:
        yield from glob.glob(f"{glob.escape(folder)}/*.conf")
    yield from (path for path in paths if os.path.dirname(path) in folders)


def _prefixes(name: str) -> list[str]:
    """Return the names whose drop-ins apply to the unit: its own, and each part up to a dash."""
    parts = name.split("-")
    return [name, *("-".join([*parts[:end], ""]) for end in range(1, len(parts)))]
