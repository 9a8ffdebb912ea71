"""Checks that a change does not lock out the user who logged in to make it."""

from __future__ import annotations

import fnmatch
import os
import pwd
from functools import partial
from typing import Callable, Iterable, Iterator, Mapping

from ..base.view import AS_IT_IS, View
from ..manifest.desired_state import DesiredState
from ..ssh import authorized_keys, login, login_problems
from .changes import Changes

# A star matches across folders.
_RELEVANT = (
    "/etc/ssh/*",
    "/etc/sudo*",
    "/etc/pam.*",
    "/etc/security/*",
    "/etc/passwd",
    "/etc/shadow",
    "/etc/group",
    "/etc/nsswitch.conf",
    "/etc/nologin",
    "*/authorized_keys*",
)


def checks(change: Changes, desired: DesiredState) -> list[Callable[[View], Iterable[str]]]:
    """Return one check if the change affects logins; none for a run without SSH."""
    session = login.find()
    paths = [path for path in change.paths if any(_is_like(path, each) for each in _RELEVANT)]
    texts = _blocks(desired, change)
    if session is None or not (paths or texts):
        return []
    before = login_problems.accepted_keys(session, AS_IT_IS) or set()
    return [partial(_problems, session, [*paths, *texts], before, texts)]


def _problems(
    session: login.Login,
    paths: list[str],
    before: Iterable[str],
    texts: Mapping[str, str],
    view: View,
) -> Iterator[str]:
    future = {} if view == AS_IT_IS else texts
    for problem in login_problems.find(session, view, before, future):
        changed = ", ".join(paths)
        yield f"{changed} would lock out {session.user}, who logged in for this run: {problem}"


def _is_like(path: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(path, pattern)


def _blocks(desired: DesiredState, change: Changes) -> dict[str, str]:
    """Return the future text of each keys file whose managed block changes."""
    recorded = change.record.keys
    keys: dict[str, list[str]] = {recorded["user"]: []} if recorded else {}
    keys[desired.user] = desired.keys
    users = [user for user in keys if user and authorized_keys.user_exists(user)]
    texts = {_path(user): authorized_keys.with_managed(user, keys[user]) for user in users}
    return {path: texts[path] for path, user in zip(texts, users) if texts[path] != _now(user)}


def _path(user: str) -> str:
    return os.path.join(pwd.getpwnam(user).pw_dir, ".ssh", "authorized_keys")


def _now(user: str) -> str:
    return authorized_keys.read_as_sshd(user)
