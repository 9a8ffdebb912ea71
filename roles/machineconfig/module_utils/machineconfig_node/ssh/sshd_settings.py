"""Finds settings of sshd that are certain to refuse a login."""

from __future__ import annotations

import collections
import fnmatch
from typing import Dict, Iterator, List

from ..base.view import View
from .login import Login

Settings = Dict[str, List[str]]
_ANYWHERE = {"0.0.0.0", "[::]"}  # noqa: S104 - as sshd prints it


def read(login: Login, view: View) -> Settings:
    """Return the settings that apply to the login, with their values; empty if invalid."""
    criteria = f"user={login.user},host={login.client},addr={login.client}"
    criteria += f",laddr={login.address},lport={login.port}"
    result = view.run("sshd", "-T", "-C", criteria)
    found: Settings = collections.defaultdict(list)
    for line in [] if result.failed else result.lines:
        name, _, value = line.partition(" ")
        found[name].append(value)
    return dict(found)


def problems(settings: Settings, login: Login, groups: list[str]) -> Iterator[str]:
    """Yield why the settings refuse the login; `groups` are those of its user."""
    user = login.user
    yield from _users(settings, user)
    yield from _groups(settings, user, groups)
    if settings.get("pubkeyauthentication") == ["no"]:
        yield f"sshd's PubkeyAuthentication is off for {user}"
    if user == "root" and settings.get("permitrootlogin") in (["no"], ["forced-commands-only"]):
        yield "sshd's PermitRootLogin refuses root"
    methods = " ".join(settings.get("authenticationmethods", ["any"])).split()
    if not {"any", "publickey"} & set(methods):
        yield f"sshd's AuthenticationMethods require more than a key from {user}"
    if settings.get("forcecommand", ["none"]) != ["none"]:
        yield f"sshd's ForceCommand replaces the commands of {user}"
    listens = settings.get("listenaddress", [])
    if listens and not any(_is_at(each, login) for each in listens):
        yield f"sshd does not listen at {login.address} port {login.port}"


def _users(settings: Settings, user: str) -> Iterator[str]:
    """Evaluate users; a pattern with a host, or a negation, is never certain to refuse."""
    allowed = settings.get("allowusers", [])
    if allowed and not any(_may_name(each.partition("@")[0], user) for each in allowed):
        yield f"sshd's AllowUsers does not name {user}"
    denied = [each for each in settings.get("denyusers", []) if "@" not in each]
    if any(_names(each, user) for each in denied):
        yield f"sshd's DenyUsers names {user}"


def _groups(settings: Settings, user: str, groups: list[str]) -> Iterator[str]:
    allowed = settings.get("allowgroups", [])
    if allowed and not any(_may_name(each, group) for each in allowed for group in groups):
        yield f"sshd's AllowGroups names no group of {user}"
    denied = settings.get("denygroups", [])
    if any(_names(each, group) for each in denied for group in groups):
        yield f"sshd's DenyGroups names a group of {user}"


def _names(pattern: str, name: str) -> bool:
    return fnmatch.fnmatchcase(name, pattern)


def _may_name(pattern: str, name: str) -> bool:
    return pattern.startswith("!") or _names(pattern, name)


def _is_at(listen: str, login: Login) -> bool:
    address, _, port = listen.rpartition(":")
    same = address in _ANYWHERE or address.strip("[]") == login.address
    return same and port == str(login.port)
