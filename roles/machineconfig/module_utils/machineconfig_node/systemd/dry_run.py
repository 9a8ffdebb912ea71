"""Runs `systemctl enable` on a copy of the node's unit files.

systemctl works on another root without a manager. So systemd itself evaluates [Install] with
drop-ins, templates, aliases and Also=, and the node is not changed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
from typing import Any, Container, Iterator

from ..filesystem import safe_paths, scratch
from . import enablement_links, systemctl, unit_paths

# The search path of systemd.unit(5), without the folders that only systemd writes to.
FOLDERS = (
    "/etc/systemd/system",
    "/etc/systemd/system.attached",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    "/run/systemd/system",
    "/run/systemd/system.attached",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/run/systemd/generator.late",
)
# It may contain thousands of transient units: only those that are named are copied.
_TRANSIENT = "/run/systemd/transient"
# The prefix of the node's folders; the copy is made below the scratch folder.
ROOT = ""
SCRATCH = "/run/machine-config"
_PREFIX = "units-"


@dataclasses.dataclass(frozen=True)
class EnableResult:
    """The links that enabling a unit creates; `failure` is systemd's reason if it fails."""

    links: enablement_links.Links
    failure: str


class UnitFiles:
    """A copy of the unit files, without the links in dependency folders."""

    def __init__(self, root: str) -> None:
        self._root = root

    def covers(self, path: str) -> bool:
        """Whether the path is that of a unit file, an alias or a drop-in."""
        is_dependency = enablement_links.is_dependency_folder(os.path.dirname(path))
        return not is_dependency and any(path.startswith(f"{ROOT}{each}/") for each in FOLDERS)

    def put(self, path: str, state: dict[str, Any], content: bytes = b"") -> None:
        """Bring the path to the state: a file with this content, a link, or nothing."""
        place = self._place(path)
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(place)
        if state["type"] == "absent":
            return
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if state["type"] == "link" and not _is_own_file(path, state["target"]):
            os.symlink(state["target"], place)
        elif state["type"] == "link":
            _copy_file(os.path.join(os.path.dirname(path), state["target"]), place)
        else:
            with open(place, "wb") as stream:
                stream.write(content)

    def state(self, unit: str) -> str:
        """Return the output of `systemctl is-enabled`, which may be an error message."""
        result = systemctl.in_root(self._root, "is-enabled", unit)
        return result.stdout.strip() or result.stderr.strip().replace(self._root, "")

    def path_of(self, unit: str) -> str:
        """Return the first path at which systemd finds the unit or its template; empty if none."""
        for name in (unit, template(unit)):
            for folder in FOLDERS:
                if os.path.lexists(f"{self._root}{folder}/{name}"):
                    return f"{folder}/{name}"
        return ""

    def alias_target(self, unit: str) -> str:
        """Return the unit of which this one is an alias; empty if it is no alias."""
        place = f"{self._root}{self.path_of(unit)}"
        name = os.path.basename(os.readlink(place)) if os.path.islink(place) else unit
        return "" if name in {unit, template(unit), os.path.basename(unit_paths.MASK)} else name

    def enable(self, unit: str) -> EnableResult:
        """Return what enabling the unit creates; the copy is unchanged afterwards."""
        folder = f"{self._root}{FOLDERS[0]}"
        there = enablement_links.in_folder(folder)
        aliases = {path for path, target in there.items() if os.path.basename(target) == unit}
        for path in aliases:
            os.unlink(path)
        result = systemctl.in_root(self._root, "enable", unit)
        made = {
            path: target
            for path, target in enablement_links.in_folder(folder).items()
            if path in aliases or path not in there
        }
        for path in made:
            os.unlink(path)
        for path in aliases:
            os.symlink(there[path], path)
        return EnableResult(
            {f"{ROOT}{path[len(self._root) :]}": target for path, target in made.items()},
            _failure(result.stderr, self._root) if result.returncode else "",
        )

    def _place(self, path: str) -> str:
        return f"{self._root}{path[len(ROOT) :]}"


@contextlib.contextmanager
def copied(named: Container[str]) -> Iterator[UnitFiles]:
    """Yield a copy of the node's unit files, which is removed after the block.

    Of the transient units, it contains those that are `named`.
    """
    with scratch.folder(SCRATCH, _PREFIX) as root:
        for folder in FOLDERS:
            parent = f"{ROOT}/{folder.split('/')[1]}"
            if os.path.islink(parent):
                # /lib is a link to /usr/lib on most systems.
                with contextlib.suppress(FileExistsError):
                    os.symlink(os.readlink(parent), f"{root}{parent[len(ROOT) :]}")
            elif os.path.isdir(f"{ROOT}{folder}"):
                only = named if folder == _TRANSIENT else None
                with contextlib.suppress(FileNotFoundError):
                    _copy(f"{ROOT}{folder}", f"{root}{folder}", only)
        yield UnitFiles(root)


def _copy(source: str, target: str, only: Container[str] | None = None) -> None:
    os.makedirs(target)
    for name in os.listdir(source):
        if only is None or name in only:
            # Files below /run may be removed meanwhile.
            with contextlib.suppress(FileNotFoundError):
                _copy_entry(os.path.join(source, name), os.path.join(target, name))


def _copy_entry(path: str, place: str) -> None:
    if os.path.islink(path) and not _is_own_file(path, os.readlink(path)):
        os.symlink(os.readlink(path), place)
    elif os.path.isdir(path):
        if not enablement_links.is_dependency_folder(path):
            _copy(path, place)
    elif os.path.isfile(path):
        _copy_file(path, place)


def _copy_file(path: str, place: str) -> None:
    with safe_paths.errors_with_path(place), safe_paths.open_following_links(path) as stream, open(
        place, "wb"
    ) as copy:
        shutil.copyfileobj(stream, copy)


def template(unit: str) -> str:
    """Return the template of which the unit is an instance; else the unit itself."""
    prefix, at, rest = unit.partition("@")
    return f"{prefix}@.{rest.rpartition('.')[2]}" if at else unit


def _is_own_file(path: str, target: str) -> bool:
    """Whether `systemctl link` made a link: it leads to the unit's own file elsewhere.

    That file may be anywhere on the node, so the copy contains it in place of the link.
    """
    if not os.path.isfile(os.path.join(os.path.dirname(path), target)):
        return False
    is_drop_in = os.path.dirname(path).endswith(".d")
    return is_drop_in or os.path.basename(target) == os.path.basename(path)


def _failure(output: str, root: str) -> str:
    lines = [line.replace(root, "").rstrip(".") for line in output.splitlines()]
    failed = [line for line in lines if line.startswith("Failed to enable")]
    # With a comma after it in 252, with a colon in 257.
    words = (line.replace("Failed to enable unit", "", 1).lstrip(",: ") for line in failed)
    return "; ".join(words) or "; ".join(lines)
