"""The units of the watchdog: a timer, and the service that rolls back.

They depend on nothing and are ordered after nothing that can fail, so that they start in every
boot: no broken target, ordering cycle, rescue or emergency mode keeps them from starting. Every
target wants the timer, whichever the boot starts. Their folder precedes all others that survive a
reboot, so that a mask or a unit of the same name elsewhere has no effect.
"""

from __future__ import annotations

import glob
import os
from typing import Iterable, Iterator

from ..systemd import unit_paths

NOW = "machine-config-revert-now"
AT_BOOT = "machine-config-revert"
FOLDER = "/etc/systemd/system.control"
TARGETS = f"{FOLDER}/target.d"

_DESCRIPTION = "Roll back the unconfirmed machine config"
_UNIT = ("DefaultDependencies=no", "IgnoreOnIsolate=yes")
_TIMER = ("AccuracySec=1s",)
# Neither limits of a slice or of `system.conf` apply, nor its environment. The mounts are its own,
# so that it can mount what the boot did not.
_SERVICE = (
    "Type=oneshot",
    "Restart=on-failure",
    "RestartSec=30",
    "TimeoutStartSec=infinity",
    "Slice=-.slice",
    "TasksMax=infinity",
    "OOMScoreAdjust=-1000",
    "PrivateMounts=yes",
    "Environment=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
)
_KINDS = ("service", "timer")


def paths() -> list[str]:
    """Return the paths of the unit files for later boots."""
    return [
        f"{TARGETS}/{AT_BOOT}.conf",
        f"{FOLDER}/{AT_BOOT}.timer",
        f"{FOLDER}/{AT_BOOT}.service",
    ]


def of_later_boots(program: str, command: list[str], seconds: int) -> dict[str, str]:
    """Return the unit files for later boots, as texts by path."""
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
        *_SERVICE,
    ]
    wanted = ["[Unit]", f"Wants={AT_BOOT}.timer"]
    texts = ["\n".join([*lines, ""]) for lines in (wanted, timer, service)]
    return dict(zip(paths(), texts))


def in_this_boot(program: str, command: list[str], seconds: int) -> list[str]:
    """Return the command that starts a transient timer, which needs no daemon-reload."""
    words = ["systemd-run", "--quiet", "--collect", f"--unit={NOW}", f"--on-active={seconds}"]
    words += [f"--timer-property={each}" for each in (*_UNIT, *_TIMER)]
    words += [f"--property={each}" for each in (*_conditions(program), *_UNIT, *_SERVICE)]
    return [*words, f"--description={_DESCRIPTION}", *command]


def masked_drop_ins(paths: Iterable[str]) -> list[str]:
    """Return links to /dev/null that keep the drop-ins of other units away from the watchdog's.

    A drop-in for all services applies to the watchdog's too, and may keep it from starting. Those
    on the disk are masked, and those among `paths`, which are about to be created.
    """
    return sorted(
        f"{FOLDER}/{name}.{kind}.d/{os.path.basename(path)}"
        for name in (NOW, AT_BOOT)
        for kind in _KINDS
        for path in _drop_ins(name, kind, paths)
    )


def mask_folders() -> list[str]:
    """Return the folders of the links from `masked_drop_ins`."""
    return [f"{FOLDER}/{name}.{kind}.d" for name in (NOW, AT_BOOT) for kind in _KINDS]


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
