"""Whether systemd can load and start a unit."""

from __future__ import annotations

from typing import Iterator

from ...base.view import View
from ...systemd import boot_transaction
from . import mount_units, unit_settings

_TRUE = {"1", "yes", "y", "true", "t", "on"}
# Files that other units create at run time cannot be checked.
_VOLATILE = ("/run/", "/var/run/", "/tmp/", "/var/tmp/", "/dev/")  # noqa: S108 - only compared
_ACCOUNTS = (
    ("User", "passwd"),
    ("Group", "group"),
    ("SocketUser", "passwd"),
    ("SocketGroup", "group"),
)
# The exit code of getent for an unknown name.
_NOT_FOUND = 2


def problems(unit: str, view: View) -> Iterator[str]:
    """Yield the problems of the unit in the view."""
    settings = unit_settings.settings(text(unit, view))
    yield from _verify_errors(unit, view)
    if (settings["DynamicUser"] or ["no"])[-1].lower() not in _TRUE:
        yield from _unknown_accounts(unit, settings, view)
    yield from _missing_files(unit, settings, view)
    yield from mount_units.problems(unit, settings, view)


def _verify_errors(unit: str, view: View) -> Iterator[str]:
    """Yield systemd's errors for this unit; errors for other units are ignored."""
    options = ["--man=no", "--recursive-errors=one"]
    words = ["verify", *options, "--", unit]
    # Otherwise, the units of generators are not found.
    folders = boot_transaction.UNIT_PATH
    result = view.run("systemd-analyze", *words, environment=folders)
    name, at, _ = unit.partition("@")
    own = [line for line in result.lines if name + at in line]
    if result.failed:
        yield from own or (f"{unit}: {line}" for line in result.lines)


def text(unit: str, view: View) -> list[str]:
    """Return the unit's text and drop-ins; for an instance, those of its template first."""
    prefix, at, rest = unit.partition("@")
    template = f"{prefix}@.{rest.rpartition('.')[2]}"
    names = [template, unit] if at and unit != template else [unit]
    texts = (view.run("systemd-analyze", "cat-config", f"systemd/system/{name}") for name in names)
    return [line for text in texts for line in text.lines]


def _unknown_accounts(unit: str, settings: unit_settings.Settings, view: View) -> Iterator[str]:
    """Yield users and groups that do not exist, which systemd checks only at the start."""
    for key, database in _ACCOUNTS:
        for name in settings[key][-1:]:
            if (
                not _has_specifier(name)
                and not name.isdigit()
                and _is_unknown(database, name, view)
            ):
                yield f"{unit}: {key}={name} does not exist on this node"


def _is_unknown(database: str, name: str, view: View) -> bool:
    return view.run("getent", database, name).code == _NOT_FOUND


def _missing_files(unit: str, settings: unit_settings.Settings, view: View) -> Iterator[str]:
    for path in settings["EnvironmentFile"]:
        may_be_missing = path.startswith(("-", *_VOLATILE))
        if not may_be_missing and not _has_specifier(path) and not view.has(path):
            yield f"{unit}: EnvironmentFile={path} does not exist"


def _has_specifier(value: str) -> bool:
    """Whether the value contains a specifier that systemd expands."""
    return "%" in value
