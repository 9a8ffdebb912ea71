"""All that can be proved of a change before anything is changed, and before a node is drained."""

from __future__ import annotations

import contextlib
import dataclasses
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
from . import changes, config_files, disk_space, immutable, lockout, overlay, units, writable

Check = Callable[[View], Iterable[str]]

# The same problem may stand in another line of the new text.
_LINE_NUMBER = re.compile(r"(?<=:)\d+|(?<=\bline )\d+")


def validate(desired: DesiredState, record: Record, folder: str = node_record.FOLDER) -> list[str]:
    """Prove what differs from the desired; what could not be proved is returned as warnings.

    Raises:
        NodeError: the change would fail, or would leave a unit or a file that its reader refuses.
    """
    problems = Problems()
    unproven = collect(problems, desired, record, folder)
    problems.raise_if_any()
    return unproven


def collect(
    problems: Problems, desired: DesiredState, record: Record, folder: str = node_record.FOLDER
) -> list[str]:
    """Add what would fail to `problems`; what could not be proved is returned as warnings."""
    made = [path for path, each in desired.links.items() if each.type == "link"]
    change = changes.of(desired, record, folder)
    with problems.collected():
        _require_none(desired.refused.values())
    with problems.collected():
        writable.validate([*desired.paths, *made], folder)
    with problems.collected():
        authorized_keys.validate(desired.user, desired.keys)
    with problems.collected():
        # What only goes is given back as far as that is possible, and stops nothing.
        immutable.validate([*(each.path for each in change.writes), *made])
    with problems.collected():
        others = [*_differing_links(desired), *_differing_keys(desired)]
        if change.paths or others:
            disk_space.validate(change, others)
    with problems.collected():
        return _validate_in_overlay(change, desired)
    return []


def _differing_links(desired: DesiredState) -> Iterator[str]:
    links = desired.links.values()
    return (each.path for each in links if not compare.matches(each.path, each.to_entry()))


def _differing_keys(desired: DesiredState) -> Iterator[str]:
    # Keys of which nothing is known are a problem of their own.
    with contextlib.suppress(NodeError):
        yield from (authorized_keys.path_of(each.name) for each in compare.of_keys(desired))


def _require_none(problems: Iterable[str]) -> None:
    found = list(dict.fromkeys(problems))
    if found:
        raise NodeError("; ".join(found), "mend the MachineConfig")


def _validate_in_overlay(change: changes.Changes, desired: DesiredState) -> list[str]:
    """Prove units, known files and our own login, as far as things could be put in their places."""
    misplaced = writable.unwritable(each.path for each in change.writes)
    writes = [each for each in change.writes if each.path not in misplaced]
    change = dataclasses.replace(change, writes=writes)
    checks: list[Check] = [
        *(partial(units.problems, unit) for unit in change.units()),
        *config_files.checks(change.paths),
        *lockout.checks(change, desired),
    ]
    if not checks:
        return []
    try:
        with overlay.opened(change) as view:
            brought = [problem for check in checks for problem in _new_problems(check, view)]
    except CheckUnavailableError as error:
        return [f"units and known files were not proved before the change: {error}"]
    # What misses one of the others is its consequence.
    _require_none(each for each in brought if not any(path in each for path in misplaced))
    return []


def _new_problems(check: Check, view: View) -> Iterator[str]:
    """The problems that are not there today."""
    problems = list(check(view))
    today = {_without_line_numbers(each) for each in check(AS_IT_IS)} if problems else set()
    return (each for each in problems if _without_line_numbers(each) not in today)


def _without_line_numbers(problem: str) -> str:
    return _LINE_NUMBER.sub("", problem)
