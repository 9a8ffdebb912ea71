"""What keeps a step from running on a node although the login succeeds."""

from collections.abc import Iterable
from typing import Final

from controller.logins.login_problem import LoginProblem, last_line, remedy_of
from controller.logins.probe import Answer, Python

# Why becoming root has failed, where there is no message of sudo.
NO_ANSWER: Final = "sudo does not answer"
PROMPT: Final = "sudo: a password is required"
_EXPIRED: Final = r"(?i)password.*(expired|change)|you are required to change"
_UNEXPIRE: Final = "set a new password, or `chage --maxdays -1 USER` on the node"
_SHELL: Final = (
    "give the user a shell that runs commands: `usermod --shell /bin/sh USER` on the node, and "
    "ensure that no profile exits"
)
_ALL_BY_SUDO: Final = (
    "let the user run all commands by sudo without a password: `USER ALL=(ALL) NOPASSWD: ALL` as "
    "the last matching rule of /etc/sudoers.d"
)
_SUDO: Final = (
    (
        NO_ANSWER,
        (
            "check what sudo waits for there: mostly a nameserver that does not answer (fix "
            "/etc/resolv.conf, and add the machine's own name to /etc/hosts), or a module of PAM"
        ),
    ),
    (r"must have a tty", "add `Defaults:USER !requiretty` to a file in /etc/sudoers.d"),
    (r"a password is required|no password was provided", _ALL_BY_SUDO),
    (r"not in the sudoers file|not allowed to|may not run sudo", _ALL_BY_SUDO),
    (r"not found|No such file", "install sudo on the node, or log in as root"),
    (
        r"account validation failure|account.*(locked|expired)|[Pp]ermission denied",
        "unlock the user's account on the node (`chage --list USER`), and check PAM's sudo rules",
    ),
    (
        r"syntax error|parse error|no valid sudoers|unable to (open|stat|parse) /etc/sudo",
        "run `visudo --check` on the node as root, and fix the file that it names",
    ),
    (
        r"setuid|no new privileges|owned by uid 0",
        "make sudo setuid root on a file system without nosuid, and unset NoNewPrivileges for sshd",
    ),
)


def diagnose(
    answer: Answer, escalation: str, python: str, oldest: tuple[int, ...]
) -> LoginProblem | None:
    """Return the first problem that keeps a module from running; None if there is none.

    `escalation` is the error of becoming root, empty if there was none. `python` is the interpreter
    that runs modules, and `oldest` the oldest version of it that they support.
    """
    if not answer.answered:
        return _without_shell(answer)
    if escalation:
        return _without_root(answer.user, escalation)
    if answer.temporary:
        return LoginProblem(
            f"no temporary file can be written on the node: {last_line(answer.temporary)}",
            "free space in /tmp or /var/tmp on the node, writable for all (mode 1777)",
        )
    return _without_python(answer.pythons, python, oldest)


def hidden_answer(answer: Answer) -> LoginProblem | None:
    """Return what hides the answer of a module that has run; None if nothing does.

    Ansible skips most output of a profile, but not what looks like the beginning of an answer.
    """
    if not answer.output:
        return None
    return LoginProblem(
        f"the profile of {answer.user} on the node prints text at each login: {answer.output}",
        "make it print for terminals only: `[ -t 1 ] || return` before that, in ~/.bashrc or "
        "/etc/bash.bashrc",
    )


def _without_shell(answer: Answer) -> LoginProblem:
    output = f": {answer.output}" if answer.output else ""
    remedy = remedy_of(answer.output, ((_EXPIRED, _UNEXPIRE),)) or _SHELL
    cause = f"the login shell of {answer.user} on the node runs no command{output}"
    return LoginProblem(cause, remedy.replace("USER", answer.user))


def _without_root(user: str, error: str) -> LoginProblem:
    cause = last_line(error)
    remedy = remedy_of(cause, _SUDO) or f"run `sudo -l -U {user}` on the node as root"
    return LoginProblem(
        f"{user} cannot become root on the node: {cause}", remedy.replace("USER", user)
    )


def _without_python(
    found: Iterable[Python], python: str, oldest: tuple[int, ...]
) -> LoginProblem | None:
    pythons = list(found)
    used = next((each for each in pythons if each.path == python), None)
    if used and used.complete and used.version >= oldest:
        return None
    needed = ".".join(map(str, oldest))
    good = [each for each in pythons if each.complete and each.version >= oldest]
    remedy = f"install Python {needed} or later on the node"
    if good:
        newest = max(good, key=lambda each: each.version).path
        remedy = f"use {newest} there: MACHINECONFIG_PYTHON for the controller, by hand -e "
        remedy += f"ansible_python_interpreter={newest}"
    return LoginProblem(_fault(used, python, needed), remedy)


def _fault(used: Python | None, python: str, needed: str) -> str:
    if used is None:
        return f"the node has no {python}"
    version = ".".join(map(str, used.version))
    if not version:
        return f"{python} does not run on the node"
    if not used.complete:
        return f"{python} on the node is Python {version} without its standard library"
    return f"{python} on the node is Python {version}, but {needed} or later is required"
