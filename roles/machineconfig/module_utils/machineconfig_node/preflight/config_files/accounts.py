"""Whether the users and groups stay, as whom processes of this machine run now.

A service whose user is gone does not start in the next boot.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
from typing import Dict, Iterator

from ...base.view import View

# The number of fields of each line; the fields of these databases are separated by colons.
_FIELDS = {"/etc/passwd": 7, "/etc/group": 4, "/etc/shadow": 9, "/etc/gshadow": 4}
_ID = 2  # the field

# The ID of each user or group, by name.
Ids = Dict[str, str]


def problems(paths: list[str], view: View) -> Iterator[str]:
    """Yield damaged lines, without their content, and users and groups that are gone."""
    for path in paths:
        yield from _damaged_lines(path, view)
    which = ", ".join(paths)
    users, groups = _in_use()
    for kind, database, needed in (("user", "passwd", users), ("group", "group", groups)):
        found = _found(database, needed, view)
        for name, number in needed.items():
            if found.get(name) != number:
                now = f"would have the ID {found[name]}" if name in found else "would not exist"
                yield (
                    f"{which}: the {kind} {name} (ID {number}), as whom processes run now, {now}"
                    " (keep its line)"
                )


def _damaged_lines(path: str, view: View) -> Iterator[str]:
    count = _FIELDS.get(path)
    for number, line in enumerate(view.read(path).split("\n") if count else (), start=1):
        # The last two include accounts of directory services.
        if line.strip() and line[0] not in "#+-" and len(line.split(":")) != count:
            yield f"{path}: line {number} does not have {count} fields, separated by colons"


def _in_use() -> tuple[Ids, Ids]:
    """Return the users and groups of all processes, by their current names."""
    users, groups = {}, {}
    for process in filter(str.isdigit, os.listdir("/proc")):
        # Processes end meanwhile, and those of containers have no accounts.
        with contextlib.suppress(OSError, KeyError):
            found = os.stat(f"/proc/{process}")
            groups[grp.getgrgid(found.st_gid).gr_name] = str(found.st_gid)
            users[pwd.getpwuid(found.st_uid).pw_name] = str(found.st_uid)
    return users, groups


def _found(database: str, needed: Ids, view: View) -> Ids:
    lines = view.run("getent", database, *needed).lines
    fields = (line.split(":") for line in lines)
    return {each[0]: each[_ID] for each in fields if len(each) > _ID}
