"""All that can be proved of a change before anything is changed, and before a node is drained."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from functools import partial
from typing import Callable, Iterable, Iterator

from ..base.errors import NodeError
from ..base.problems import Problems
from ..base.view import AS_IT_IS, UnprovenError, View
from ..comparison import compare
from ..manifest.desired_state import Desired
from ..record import record
from ..record.record import Record
from ..ssh import authorized_keys
from . import changes, config_files, disk_space, immutable, lockout, overlay, units, writable

Check = Callable[[View], Iterable[str]]

# The same problem may stand in another line of the new text.
_LINE_NUMBER = re.compile(r"(?<=:)\d+|(?<=\bline )\d+")


def prove(desired: Desired, found: Record, folder: str = record.FOLDER) -> list[str]:
    """Prove what differs from the desired; what could not be proved is returned as warnings.

    Raises:
        NodeError: the change would fail, or would leave a unit or a file that its reader refuses.
    """
    problems = Problems()
    unproven = gather(problems, desired, found, folder)
    problems.demand_none()
    return unproven


def gather(
    problems: Problems, desired: Desired, found: Record, folder: str = record.FOLDER
) -> list[str]:
    """Add what would fail to `problems`; what could not be proved is returned as warnings."""
    made = [path for path, each in desired.links.items() if each.type == "link"]
    change = changes.of(desired, found, folder)
    with problems.gathered():
        _demand_none(desired.refused.values())
    with problems.gathered():
        writable.prove([*desired.paths, *made], folder)
    with problems.gathered():
        authorized_keys.prove(desired.user, desired.keys)
    with problems.gathered():
        # What only goes is given back as far as that is possible, and stops nothing.
        immutable.prove([*(each.path for each in change.writes), *made])
    with problems.gathered():
        others = [*_differing_links(desired), *_differing_keys(desired)]
        if change.paths or others:
            disk_space.prove(change, others)
    with problems.gathered():
        return _prove_as_it_will_stand(change, desired)
    return []


def _differing_links(desired: Desired) -> Iterator[str]:
    links = desired.links.values()
    return (each.path for each in links if not compare.holds(each.path, each.mark()))


def _differing_keys(desired: Desired) -> Iterator[str]:
    # Keys of which nothing is known are a problem of their own.
    with contextlib.suppress(NodeError):
        yield from (authorized_keys.place(each.name) for each in compare.of_keys(desired))


def _demand_none(problems: Iterable[str]) -> None:
    found = list(dict.fromkeys(problems))
    if found:
        raise NodeError("; ".join(found), "mend the MachineConfig")


def _prove_as_it_will_stand(change: changes.Changes, desired: Desired) -> list[str]:
    """Prove units, known files and our own login, as far as things could be put in their places."""
    misplaced = writable.misplaced(each.path for each in change.writes)
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
            brought = [problem for check in checks for problem in _brought(check, view)]
    except UnprovenError as error:
        return [f"units and known files were not proved before the change: {error}"]
    # What misses one of the others is its consequence.
    _demand_none(each for each in brought if not any(path in each for path in misplaced))
    return []


def _brought(check: Check, view: View) -> Iterator[str]:
    """The problems that are not there today."""
    problems = list(check(view))
    today = {_anywhere(each) for each in check(AS_IT_IS)} if problems else set()
    return (each for each in problems if _anywhere(each) not in today)


def _anywhere(problem: str) -> str:
    return _LINE_NUMBER.sub("", problem)
