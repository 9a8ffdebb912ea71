"""Whether a unit is one that systemd can run."""

from __future__ import annotations

from typing import Iterator

from ..base.view import View
from . import unit_settings

_TRUE = {"1", "yes", "y", "true", "t", "on"}
# What other units put there while the machine runs cannot be known before.
_VOLATILE = ("/run/", "/var/run/", "/tmp/", "/var/tmp/", "/dev/")  # noqa: S108 - only compared
_ACCOUNTS = (
    ("User", "passwd"),
    ("Group", "group"),
    ("SocketUser", "passwd"),
    ("SocketGroup", "group"),
)
# How getent ends where nobody has the name.
_NOT_FOUND = 2


def problems(unit: str, view: View) -> Iterator[str]:
    """What speaks against the unit as the view shows it."""
    settings = unit_settings.settings(_text(unit, view))
    yield from _verify_errors(unit, view)
    if (settings["DynamicUser"] or ["no"])[-1].lower() not in _TRUE:
        yield from _unknown_accounts(unit, settings, view)
    yield from _missing_files(unit, settings, view)


def _verify_errors(unit: str, view: View) -> Iterator[str]:
    """What systemd says of the unit; of others it speaks too, but they are not asked about."""
    said = view.run("systemd-analyze", "verify", "--man=no", "--recursive-errors=one", "--", unit)
    name, at, _ = unit.partition("@")
    own = [line for line in said.lines if name + at in line]
    if said.failed:
        yield from own or (f"{unit}: {line}" for line in said.lines)


def _text(unit: str, view: View) -> list[str]:
    """The unit's text and drop-ins; of an instance, those of its template first."""
    prefix, at, rest = unit.partition("@")
    template = f"{prefix}@.{rest.rpartition('.')[2]}"
    names = [template, unit] if at and unit != template else [unit]
    texts = (view.run("systemd-analyze", "cat-config", f"systemd/system/{name}") for name in names)
    return [line for text in texts for line in text.lines]


def _unknown_accounts(unit: str, settings: unit_settings.Settings, view: View) -> Iterator[str]:
    """Users and groups that are not on the node, which systemd finds out only at the start."""
    for key, kind in _ACCOUNTS:
        for name in settings[key][-1:]:
            if not _is_computed(name) and not name.isdigit() and _is_unknown(kind, name, view):
                yield f"{unit}: {key}={name} is not on this node"


def _is_unknown(kind: str, name: str, view: View) -> bool:
    return view.run("getent", kind, name).code == _NOT_FOUND


def _missing_files(unit: str, settings: unit_settings.Settings, view: View) -> Iterator[str]:
    for path in settings["EnvironmentFile"]:
        may_be_missing = path.startswith(("-", *_VOLATILE))
        if not may_be_missing and not _is_computed(path) and not view.has(path):
            yield f"{unit}: there is no EnvironmentFile={path}"


def _is_computed(value: str) -> bool:
    """Whether systemd puts something in for `%` and a letter."""
    return "%" in value
