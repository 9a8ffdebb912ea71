"""The managed block in a user's `~/.ssh/authorized_keys`, read and written with that user's rights.

The home belongs to the user, who may have put symlinks into it: root must not follow them, so a
child process that has become the user does all the work.
"""

from __future__ import annotations

import json
import os
import pwd
import stat
import sys
from typing import Any, Callable

from . import durable
from .errors import NodeError

BEGIN = "# BEGIN machine-config: these keys are managed, put yours outside"
END = "# END machine-config"


def has_user(user: str) -> bool:
    """Whether the user is on this node."""
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def problem(user: str, keys: list[str]) -> str:
    """In which way the user's managed keys are not as wanted; empty where they are."""
    if not keys and not has_user(user):
        return ""
    account = _account(user)
    text = read(user)
    if _managed(text) != keys:
        return "keys"
    return _rights(account) if keys else ""


def write(user: str, keys: list[str]) -> None:
    """Make the managed block hold just these keys; what stands outside it is kept.

    The keys of a user who is gone went along.
    """
    if not keys and not has_user(user):
        return
    restore(user, foreseen(user, keys))


def foreseen(user: str, keys: list[str]) -> str:
    """The whole file as it is with just these keys in the managed block."""
    block = [BEGIN, *keys, END] if keys else []
    return "".join(f"{line}\n" for line in [*_outside(read(user)), *block])


def read(user: str) -> str | None:
    """The whole file, or None where there is none, or no such user."""
    if not has_user(user):
        return None
    found = _as(user, lambda: _content(_path(_account(user))))
    return found if found is None else str(found)


def restore(user: str, text: str | None) -> None:
    """Write the whole file, or take it away; folder 0700 and file 0600 become right."""
    account = _account(user)
    _as(user, lambda: _write(account, text))


def put_back(user: str, text: str | None) -> None:
    """Restore what a killed write has begun; a file that is as it was is left alone."""
    if text is None and not has_user(user):
        return
    account = _account(user)
    _as(user, lambda: _put_back(account, text))


def _put_back(account: pwd.struct_passwd, text: str | None) -> None:
    path = _path(account)
    durable.sweep(os.path.dirname(path))
    if _content(path) != text:
        _write(account, text)


def _write(account: pwd.struct_passwd, text: str | None) -> None:
    path = _path(account)
    folder = os.path.dirname(path)
    durable.make_folders(path, 0o700)
    os.chmod(folder, 0o700)
    durable.sweep(folder)
    if text is None:
        durable.remove(path)
    else:
        durable.write_file(
            path, text.encode("utf-8", "surrogateescape"), 0o600, account.pw_uid, account.pw_gid
        )


def _content(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def _managed(text: str | None) -> list[str]:
    """The keys in the block; none where its markers are not a pair."""
    lines = _lines(text)
    if BEGIN not in lines or END not in lines[lines.index(BEGIN) :]:
        return []
    begin = lines.index(BEGIN)
    return lines[begin + 1 : lines.index(END, begin)]


def _outside(text: str | None) -> list[str]:
    """What is not ours: all but the block, and but markers that have lost their pair."""
    lines = _lines(text)
    if BEGIN in lines and END in lines[lines.index(BEGIN) :]:
        begin = lines.index(BEGIN)
        lines = lines[:begin] + lines[lines.index(END, begin) + 1 :]
    return [line for line in lines if line not in {BEGIN, END}]


def _lines(text: str | None) -> list[str]:
    """The lines as sshd reads them: only a newline ends one."""
    return (text[:-1] if text.endswith("\n") else text).split("\n") if text else []


def _rights(account: pwd.struct_passwd) -> str:
    path = _path(account)
    for place, mode in ((os.path.dirname(path), 0o700), (path, 0o600)):
        found = os.lstat(place)
        if stat.S_IMODE(found.st_mode) != mode:
            return f"mode of {place}"
        if found.st_uid != account.pw_uid:
            return f"owner of {place}"
    return ""


def _path(account: pwd.struct_passwd) -> str:
    return os.path.join(account.pw_dir, ".ssh", "authorized_keys")


def _account(user: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(user)
    except KeyError:
        raise NodeError(
            f"SSH keys are managed for the user {user}, who is not on this node",
            f"add the user (`useradd --create-home {user}`)",
        ) from None


def _as(user: str, work: Callable[[], Any]) -> Any:  # noqa: ANN401 - JSON comes back from the child
    """What `work` returns when it runs in a child process with the user's rights alone."""
    account = _account(user)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _report(writer, account, work)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as stream:
        answer = json.loads(stream.read() or '{"error": "the child process died"}')
    os.waitpid(child, 0)
    if "error" in answer:
        raise NodeError(
            f"the SSH keys of {user} cannot be managed: {answer['error']}",
            f"see the home of {user}: {account.pw_dir}",
        )
    return answer["result"]


def _report(writer: int, account: pwd.struct_passwd, work: Callable[[], Any]) -> None:
    try:
        os.initgroups(account.pw_name, account.pw_gid)
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
        os.umask(0o077)
        answer = {"result": work()}
    except BaseException as error:  # noqa: BLE001 - this process must end here, whatever happens
        answer = {"error": str(error) or type(error).__name__}
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        json.dump(answer, stream)
    sys.stdout.flush()
    os._exit(0)
