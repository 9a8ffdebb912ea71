"""Finds what would prevent the user of this run from logging in and becoming root.

Only certain problems are reported; after any other lock-out, the watchdog rolls back.
"""

from __future__ import annotations

import os
import re
import stat
from typing import Iterable, Iterator, Mapping

from ..base.view import AS_IT_IS, View
from . import listening, sshd_settings
from .login import Login

_NOLOGIN = "/etc/nologin"
_NO_LOGIN_SHELLS = {"nologin", "false", "true"}
# The value of an option, which may contain blanks, but only escaped quotes.
_QUOTED = re.compile(r'"[^"\n]*"')
# Optional options, a type, and a key in base64, which begins with the zero bytes of its length.
_KEY = re.compile(r"[ \t]*(?!#)(?:\S+[ \t]+)??(\S+)[ \t]+(AAAA\S*)")
_PASSWD = ("name", "password", "uid", "gid", "about", "home", "shell")


def find(
    login: Login,
    view: View,
    keys_before: Iterable[str] = (),
    texts: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Yield why the login would fail; `texts` overrides files of the view.

    One of `keys_before` must still be accepted; if there are none, any key is enough.
    """
    user = login.user
    account = _account(user, view)
    if account is None:
        yield f"the user {user} does not exist on the node"
        return
    settings = sshd_settings.read(login, view)
    yield from sshd_settings.problems(settings, login, _groups(user, view))
    if user != "root" and view.has(_NOLOGIN):
        yield f"{_NOLOGIN} refuses all users except root"
    yield from _shell(user, account, view)
    yield from _rights(user, account, view)
    found = accepted_keys(login, view, texts)
    if found is not None and not (found & set(keys_before) if keys_before else found):
        yield f"sshd would accept no key that {user} can use now"


def find_now(login: Login) -> Iterator[str]:
    """Yield why the login would fail on the node as it is, including its sockets."""
    if not listening.is_at(login.address, login.port):
        yield f"nothing listens at {login.address} port {login.port}"
    yield from find(login, AS_IT_IS)


def accepted_keys(
    login: Login, view: View, texts: Mapping[str, str] | None = None
) -> set[str] | None:
    """Return the user's keys as sshd finds them, without options and comments.

    None if sshd does not read them from files only.
    """
    account = _account(login.user, view)
    settings = sshd_settings.read(login, view)
    elsewhere = ("authorizedkeyscommand", "trustedusercakeys")
    patterns = " ".join(settings.get("authorizedkeysfile", []))
    if (
        not account
        or not patterns
        or any(settings.get(each, ["none"]) != ["none"] for each in elsewhere)
    ):
        return None
    found: set[str] = set()
    for path in key_files(patterns, login.user, account["home"]):
        if texts and path in texts:
            found |= _keys_in(texts[path])
        elif _is_readable(path, account, view):
            found |= _keys_in(view.read(path))
    return found


def key_files(patterns: str, user: str, home: str) -> list[str]:
    """Return the paths to which AuthorizedKeysFile expands for a user."""
    values = {"%%": "%", "%h": home, "%u": user}
    paths = (
        re.sub("%.", lambda found: values.get(found[0], ""), each) for each in patterns.split()
    )
    return [os.path.join(home, path) for path in paths if path != "none"]


def _account(user: str, view: View) -> dict[str, str] | None:
    """Return the account of the user; None if there is no such user."""
    result = view.run("getent", "passwd", user)
    fields = result.lines[0].split(":") if result.lines else []
    return None if result.failed else dict(zip(_PASSWD, fields))


def _groups(user: str, view: View) -> list[str]:
    return " ".join(view.run("id", "-Gn", "--", user).lines[:1]).split()


def _shell(user: str, account: dict[str, str], view: View) -> Iterator[str]:
    shell = account.get("shell", "")
    refuses_login = os.path.basename(shell) in _NO_LOGIN_SHELLS
    if shell and (refuses_login or view.run("test", "-x", shell).failed):
        yield f"{shell}, the login shell of {user}, cannot run commands"


def _rights(user: str, account: dict[str, str], view: View) -> Iterator[str]:
    """Try to become the user, and then root: only sudo and PAM can decide this."""
    if user == "root" or not account.get("gid"):
        return
    ids = (f"--reuid={account['uid']}", f"--regid={account['gid']}", "--init-groups")
    result = view.run("setpriv", *ids, "--", "sudo", "-n", "-H", "/bin/sh", "-c", "exit 0")
    if result.failed:
        yield f"{user} cannot become root by sudo: {' '.join(result.lines[-1:])}"


def _is_readable(path: str, account: dict[str, str], view: View) -> bool:
    """Whether sshd accepts the file: only the owner can write it, and the user can read it."""
    result = view.run("stat", "--dereference", "--format=%u %f", "--", path)
    words = " ".join(result.lines[:1]).split()
    if len(words) != 2 or not words[0].isdigit():  # noqa: PLR2004 - owner and mode
        return False
    owner, mode = words[0], int(words[1], 16)
    if mode & (stat.S_IWGRP | stat.S_IWOTH) or owner not in {"0", account.get("uid")}:
        return False
    return owner == account.get("uid") or bool(mode & stat.S_IROTH)


def _keys_in(text: str) -> set[str]:
    lines = _QUOTED.sub("", text.replace('\\"', "")).split("\n")
    return {" ".join(found.groups()) for found in map(_KEY.match, lines) if found}
