"""Whether the user of this run can still log in and become root, as a view shows the node.

Only what is certain is told: a lock-out that is not known here is undone by the timer.
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
# The value of an option, which may hold blanks, but no quotes that are not escaped.
_QUOTED = re.compile(r'"[^"\n]*"')
# Options or none, a type, and a key in base64: it begins with the zero bytes of a small length.
_KEY = re.compile(r"[ \t]*(?!#)(?:\S+[ \t]+)??(\S+)[ \t]+(AAAA\S*)")
_PASSWD = ("name", "password", "uid", "gid", "about", "home", "shell")


def find(
    login: Login,
    view: View,
    keys_before: Iterable[str] = (),
    texts: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Why the login would fail; `texts` are files that are to be other than the view shows them.

    Of `keys_before`, one has to be there still; without any, any key is good.
    """
    user = login.user
    account = _account(user, view)
    if account is None:
        yield f"{user} is no user of the node"
        return
    settings = sshd_settings.read(login, view)
    yield from sshd_settings.problems(settings, login, _groups(user, view))
    if user != "root" and view.has(_NOLOGIN):
        yield f"{_NOLOGIN} keeps everybody but root out"
    yield from _shell(user, account, view)
    yield from _rights(user, account, view)
    found = accepted_keys(login, view, texts)
    if found is not None and not (found & set(keys_before) if keys_before else found):
        yield f"sshd finds for {user} no key that it finds today"


def find_now(login: Login) -> Iterator[str]:
    """Why the login would fail on the node as it is; a stage has no sockets."""
    if not listening.is_at(login.address, login.port):
        yield f"nothing listens at {login.address} port {login.port}"
    yield from find(login, AS_IT_IS)


def accepted_keys(
    login: Login, view: View, texts: Mapping[str, str] | None = None
) -> set[str] | None:
    """The user's keys, as sshd finds them, without options and comments.

    None where sshd asks somebody else for them.
    """
    account = _account(login.user, view)
    settings = sshd_settings.read(login, view)
    asked = ("authorizedkeyscommand", "trustedusercakeys")
    named = " ".join(settings.get("authorizedkeysfile", []))
    if not account or not named or any(settings.get(each, ["none"]) != ["none"] for each in asked):
        return None
    found: set[str] = set()
    for path in key_files(named, login.user, account["home"]):
        if texts and path in texts:
            found |= _keys_in(texts[path])
        elif _is_readable(path, account, view):
            found |= _keys_in(view.read(path))
    return found


def key_files(named: str, user: str, home: str) -> list[str]:
    """The paths that AuthorizedKeysFile names for a user."""
    values = {"%%": "%", "%h": home, "%u": user}
    words = (re.sub("%.", lambda found: values.get(found[0], ""), each) for each in named.split())
    return [os.path.join(home, word) for word in words if word != "none"]


def _account(user: str, view: View) -> dict[str, str] | None:
    """What is known of the user; None where there is no such user."""
    said = view.run("getent", "passwd", user)
    fields = said.lines[0].split(":") if said.lines else []
    return None if said.failed else dict(zip(_PASSWD, fields))


def _groups(user: str, view: View) -> list[str]:
    return " ".join(view.run("id", "-Gn", "--", user).lines[:1]).split()


def _shell(user: str, account: dict[str, str], view: View) -> Iterator[str]:
    shell = account.get("shell", "")
    is_nobodys = os.path.basename(shell) in _NO_LOGIN_SHELLS
    if shell and (is_nobodys or view.run("test", "-x", shell).failed):
        yield f"{shell}, the login shell of {user}, runs no command"


def _rights(user: str, account: dict[str, str], view: View) -> Iterator[str]:
    """Become the user, and from there root: nobody else knows all that sudo and PAM ask."""
    if user == "root" or not account.get("gid"):
        return
    ids = (f"--reuid={account['uid']}", f"--regid={account['gid']}", "--init-groups")
    said = view.run("setpriv", *ids, "--", "sudo", "-n", "-H", "/bin/sh", "-c", "exit 0")
    if said.failed:
        yield f"sudo does not let {user} become root: {' '.join(said.lines[-1:])}"


def _is_readable(path: str, account: dict[str, str], view: View) -> bool:
    """Whether sshd takes the file: nobody else may write it, and the user can read it."""
    said = view.run("stat", "--dereference", "--format=%u %f", "--", path)
    words = " ".join(said.lines[:1]).split()
    if len(words) != 2 or not words[0].isdigit():  # noqa: PLR2004 - owner and mode
        return False
    owner, mode = words[0], int(words[1], 16)
    if mode & (stat.S_IWGRP | stat.S_IWOTH) or owner not in {"0", account.get("uid")}:
        return False
    return owner == account.get("uid") or bool(mode & stat.S_IROTH)


def _keys_in(text: str) -> set[str]:
    lines = _QUOTED.sub("", text.replace('\\"', "")).split("\n")
    return {" ".join(found.groups()) for found in map(_KEY.match, lines) if found}
