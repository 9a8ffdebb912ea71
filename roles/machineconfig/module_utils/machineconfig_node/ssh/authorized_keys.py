"""The managed block in a user's `~/.ssh/authorized_keys`, read and written with that user's rights.

The home belongs to the user, who may have created symbolic links in it. Root must not follow them,
so a child process that runs as the user does all the work. It does not replace links either,
because they were created on purpose.
"""

from __future__ import annotations

import json
import os
import pwd
import stat
import sys
from typing import Any, Callable, Iterator

from ..base import os_errors
from ..base.errors import NodeError
from ..filesystem import durable, extra_rights, safe_paths
from . import key_block


def user_exists(user: str) -> bool:
    """Whether the user exists on this node."""
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def path_of(user: str) -> str:
    """Return the path of the user's file."""
    return _path(_account(user))


def validate(user: str, keys: list[str]) -> None:
    """Raise a NodeError if keys are to be written, but a link is in the place of their file."""
    if keys:
        account = _account(user)
        _run_as(user, lambda: _refuse_links(account))


def difference(user: str, keys: list[str]) -> str:
    """Return how the user's managed keys differ from `keys`; empty if they do not."""
    if not keys and not user_exists(user):
        return ""
    account = _account(user)
    return str(_run_as(user, lambda: _difference(account, keys)))


def write_managed(user: str, keys: list[str]) -> None:
    """Write exactly these keys into the managed block; the rest of the file is kept.

    Without keys, a user who no longer exists is no error.
    """
    if not keys and not user_exists(user):
        return
    account = _account(user)
    _run_as(user, lambda: _write_block(account, keys))


def with_managed(user: str, keys: list[str]) -> str:
    """Return the whole file as it would be with exactly these keys in the managed block."""
    return key_block.with_keys(read_as_sshd(user), keys)


def read_as_sshd(user: str) -> str:
    """Return the whole file, following links; empty if there is none."""
    account = _account(user)
    return str(_run_as(user, lambda: _followed(account)))


def read(user: str) -> str | None:
    """Return the whole file, or None if the file or the user does not exist.

    Raises:
        NodeError: a link is in its place.
    """
    if not user_exists(user):
        return None
    account = _account(user)
    found = _run_as(user, lambda: _content(account))
    return found if found is None else str(found)


def roll_back(user: str, text: str | None) -> None:
    """Write the whole file, or remove it if `text` is None, unless it is unchanged."""
    if text is None and not user_exists(user):
        return
    account = _account(user)
    _run_as(user, lambda: _roll_back(account, text))


def _difference(account: pwd.struct_passwd, keys: list[str]) -> str:
    for path, there in _obstructions(account):
        # Managed keys can exist only in the file that the link leads to.
        managed = key_block.managed(_followed(account))
        return f"a {there} is in the place of {path}" if keys or managed else ""
    if key_block.managed(_content(account)) != keys:
        return "keys"
    return _rights(account) if keys else ""


def _write_block(account: pwd.struct_passwd, keys: list[str]) -> None:
    if keys or key_block.managed(_followed(account)) or not any(_obstructions(account)):
        _write(account, key_block.with_keys(_content(account), keys))


def _roll_back(account: pwd.struct_passwd, text: str | None) -> None:
    durable.sweep(os.path.dirname(_path(account)))
    if _content(account) != text:
        _write(account, text)


def _write(account: pwd.struct_passwd, text: str | None) -> None:
    _refuse_links(account)
    path = _path(account)
    folder = os.path.dirname(path)
    durable.make_folders(path, 0o700)
    with safe_paths.place(folder) as at, safe_paths.own_folder(at) as own:
        extra_rights.remove(own)
        os.fchmod(own, 0o700)
    durable.sweep(folder)
    if text is None:
        durable.remove(path)
    else:
        durable.write_file(
            path, text.encode("utf-8", "surrogateescape"), 0o600, account.pw_uid, account.pw_gid
        )


def _content(account: pwd.struct_passwd) -> str | None:
    _refuse_links(account)
    try:
        return _decoded(safe_paths.read_bytes(_path(account)))
    except FileNotFoundError:
        return None


def _followed(account: pwd.struct_passwd) -> str:
    try:
        with safe_paths.open_following_links(_path(account)) as stream:
            return _decoded(stream.read())
    except OSError:
        return ""


def _decoded(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def _obstructions(account: pwd.struct_passwd) -> Iterator[tuple[str, str]]:
    """Yield what is in the place of the folder or the file, with its type."""
    path = _path(account)
    for location, kind in ((os.path.dirname(path), "folder"), (path, "file")):
        with safe_paths.opened(location) as there:
            if there and there.type != kind:
                yield location, there.type
                return


def _refuse_links(account: pwd.struct_passwd) -> None:
    for path, there in _obstructions(account):
        leads = f" to {os.path.realpath(path)}" if there == "link" else ""
        raise NodeError(
            f"{path} is a {there}{leads}, which managed keys do not replace",
            f"replace it by a folder and a file owned by {account.pw_name}, with the keys to keep, "
            "or remove the SSH keys from the MachineConfig",
        )


def _rights(account: pwd.struct_passwd) -> str:
    path = _path(account)
    for location, mode in ((os.path.dirname(path), 0o700), (path, 0o600)):
        with safe_paths.opened(location) as there:
            if there is None or stat.S_IMODE(there.status.st_mode) != mode:
                return f"mode of {location}"
            if there.status.st_uid != account.pw_uid:
                return f"owner of {location}"
            if differing := extra_rights.difference(there.extra_rights, {}):
                return f"{', '.join(differing)} of {location}"
    return ""


def _path(account: pwd.struct_passwd) -> str:
    # The administrator may place homes below a link; the user's own links are not resolved.
    return os.path.join(os.path.realpath(account.pw_dir), ".ssh", "authorized_keys")


def _account(user: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(user)
    except KeyError:
        raise NodeError(
            f"SSH keys are managed for the user {user}, who does not exist on this node",
            f"add the user (`useradd --create-home {user}`)",
        ) from None


def _run_as(user: str, work: Callable[[], Any]) -> Any:  # noqa: ANN401 - any JSON
    """Return the result of `work`, run in a child process with the user's rights only."""
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
            answer.get("remedy") or f"check the home of {user}: {account.pw_dir}",
        )
    return answer["result"]


def _report(writer: int, account: pwd.struct_passwd, work: Callable[[], Any]) -> None:
    try:
        os.initgroups(account.pw_name, account.pw_gid)
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
        os.umask(0o077)
        answer = {"result": work()}
    except NodeError as error:
        answer = {"error": error.cause, "remedy": error.remedy}
    except OSError as error:
        node_error = os_errors.to_node_error(error)
        answer = {"error": node_error.cause, "remedy": node_error.remedy}
    except BaseException as error:  # noqa: BLE001 - this process must end here, whatever happens
        answer = {"error": str(error) or type(error).__name__}
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        json.dump(answer, stream)
    sys.stdout.flush()
    os._exit(0)
