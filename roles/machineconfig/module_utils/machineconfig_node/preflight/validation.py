"""Validates a change as far as possible before anything is changed or drained."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import re
from functools import partial
from typing import Callable, Iterable, Iterator

from ..base.errors import NodeError
from ..base.problems import Problems
from ..base.view import AS_IT_IS, CheckUnavailableError, View
from ..comparison import compare
from ..manifest.desired_state import DesiredState
from ..record import node_record
from ..record.node_record import Record
from ..ssh import authorized_keys
from . import changes, disk_space, lockout, overlay
from .config_files import by_path
from .paths import file_systems, immutable, in_use, writable
from .units import next_boot, unit_files

Check = Callable[[View], Iterable[str]]

# An existing problem may be on another line of the new text.
_LINE_NUMBER = re.compile(r"(?<=:)\d+|(?<=\bline )\d+")


def validate(desired: DesiredState, record: Record, folder: str = node_record.FOLDER) -> list[str]:
    """Validate the change; return warnings about what could not be validated.

    Raises:
        NodeError: the change would fail, or would result in an invalid unit or file.
    """
    problems = Problems()
    warnings = collect(problems, desired, record, folder)
    problems.raise_if_any()
    return warnings


def collect(
    problems: Problems, desired: DesiredState, record: Record, folder: str = node_record.FOLDER
) -> list[str]:
    """Collect problems of the change; return warnings about what could not be validated."""
    created = [path for path, each in desired.links.items() if each.type == "link"]
    change = changes.of(desired, record, folder)
    with problems.collected():
        _require_none(desired.refused.values())
    with problems.collected():
        writable.validate([*desired.paths, *created], folder)
    with problems.collected():
        authorized_keys.validate(desired.user, desired.keys)
    with problems.collected():
        # Removed paths are not validated: a failed restore does not stop a change.
        immutable.validate([*(each.path for each in change.writes), *created])
    with problems.collected():
        in_use.validate([*(each.path for each in change.writes), *created])
    with problems.collected():
        unwritable = writable.unwritable(each.path for each in change.writes)
        file_systems.validate(each for each in change.writes if each.path not in unwritable)
    with problems.collected():
        others = [*(each.path for each in change.links), *_differing_keys(desired)]
        if change.paths or others:
            disk_space.validate(change, others)
    with problems.collected():
        return _validate_in_overlay(change, desired)
    return []


def _differing_keys(desired: DesiredState) -> Iterator[str]:
    # Keys that cannot be read are reported separately.
    with contextlib.suppress(NodeError):
        yield from (authorized_keys.path_of(each.name) for each in compare.of_keys(desired))


def _require_none(problems: Iterable[str]) -> None:
    found = list(dict.fromkeys(problems))
    if found:
        raise NodeError("; ".join(found), "fix the MachineConfig")


def _validate_in_overlay(change: changes.Changes, desired: DesiredState) -> list[str]:
    """Validate units, config files and the login in an overlay with all writable paths."""
    unwritable = writable.unwritable(each.path for each in [*change.writes, *change.links])
    writes = [each for each in change.writes if each.path not in unwritable]
    links = [each for each in change.links if each.path not in unwritable]
    change = dataclasses.replace(change, writes=writes, links=links)
    checks: list[Check] = [
        *(partial(unit_files.problems, unit) for unit in change.units()),
        *next_boot.checks(change, AS_IT_IS),
        *by_path.checks(change.paths),
        *lockout.checks(change, desired),
    ]
    if not checks:
        return []
    warnings: list[str] = []
    try:
        with overlay.opened(change) as view:
            found = [_problems_or_warning(check, view, warnings) for check in checks]
    except CheckUnavailableError as error:
        return [f"units and config files were not validated before the change: {error}"]
    # A problem that mentions an unwritable path is a consequence of it.
    problems = itertools.chain.from_iterable(found)
    _require_none(each for each in problems if not any(path in each for path in unwritable))
    return list(dict.fromkeys(warnings))


def _problems_or_warning(check: Check, view: View, warnings: list[str]) -> Iterable[str]:
    """Return the problems that the change adds; none and a warning if the check cannot run."""
    try:
        return _new_problems(check, view)
    except CheckUnavailableError as error:
        warnings.append(f"not all units and config files were validated before the change: {error}")
        return ()


def _new_problems(check: Check, view: View) -> Iterator[str]:
    """Return the problems that the change adds."""
    problems = list(check(view))
    current = {_without_line_numbers(each) for each in check(AS_IT_IS)} if problems else set()
    return (each for each in problems if _without_line_numbers(each) not in current)


def _without_line_numbers(problem: str) -> str:
    return _LINE_NUMBER.sub("", problem)
