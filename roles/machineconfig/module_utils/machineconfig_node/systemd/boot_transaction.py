"""What systemd starts at a boot, computed from the unit files of a node as it is or will be.

`systemd-analyze verify` loads the unit files as a new manager would, and builds the transaction of
the default target with all of its dependencies. Nothing is started.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Iterable

from ..base.view import AS_IT_IS, View
from . import dry_run, ordering_cycles
from .ordering_cycles import Cycle

DEFAULT_TARGET = "default.target"
# systemd-analyze reads the units of generators only where it is told so. Transient units belong to
# this boot.
_FOLDERS = [each for each in dry_run.FOLDERS if each != "/run/systemd/transient"]
UNIT_PATH = {"SYSTEMD_UNIT_PATH": ":".join(_FOLDERS)}
_STARTED = re.compile(r"Installed new job ([^\s/]+)/start\b")
_CONFLICTING = re.compile(r"Fixing conflicting jobs .* by deleting job ([^\s/]+)/start\b")
# All of these end the transaction: nothing of it is started.
_IMPOSSIBLE = (
    re.compile(rf"Unit {DEFAULT_TARGET} (?:is masked|not found)\."),
    re.compile(r"Failed to create \S+/start: .*"),
)


@dataclasses.dataclass(frozen=True)
class BootTransaction:
    """The units that a boot starts, and those whose start systemd drops.

    `conflicting` are dropped for units that conflict with them. `impossible` is the reason why
    systemd can start nothing of it; empty if there is none.
    """

    started: frozenset[str]
    cycles: tuple[Cycle, ...]
    conflicting: frozenset[str]
    impossible: str

    @property
    def wanted(self) -> set[str]:
        """The units that a boot would start if systemd dropped none."""
        in_cycles = {cycle.dropped for cycle in self.cycles if cycle.dropped}
        return {*self.started, *self.conflicting, *in_cycles}


def compute(
    view: View = AS_IT_IS, target: str = DEFAULT_TARGET, *, generates: bool = False
) -> BootTransaction:
    """Return the transaction of the target; without systemd-analyze it is empty.

    It contains the units that generators made for this boot. If it `generates`, they run again,
    into a folder of their own.
    """
    environment = {"SYSTEMD_LOG_LEVEL": "debug", **({} if generates else UNIT_PATH)}
    words = ["verify", "--man=no", *(["--generators=yes"] if generates else []), target]
    return parse(view.run("systemd-analyze", *words, environment=environment).lines)


def parse(lines: Iterable[str]) -> BootTransaction:
    """Return the transaction in the messages of systemd-analyze."""
    lines = list(lines)
    return BootTransaction(
        frozenset(_first_groups(_STARTED, lines)),
        tuple(ordering_cycles.parse(lines)),
        frozenset(_first_groups(_CONFLICTING, lines)),
        "; ".join(found[0].rstrip(".") for line in lines for found in _matches(line)),
    )


def _first_groups(pattern: re.Pattern[str], lines: list[str]) -> list[str]:
    return [found[1] for found in map(pattern.search, lines) if found]


def _matches(line: str) -> list[re.Match[str]]:
    return [found for found in (each.search(line) for each in _IMPOSSIBLE) if found]
