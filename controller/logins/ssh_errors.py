"""The cause and the remedy of an error of OpenSSH."""

import re
from typing import Final

from controller.logins.login_problem import LoginProblem, last_line

# The first row that matches a line counts: the more specific ones come first.
_REMEDIES: Final = (
    (
        r"account has expired",
        "extend the user's account: `chage --expiredate -1 USER` on the node",
    ),
    (
        r"System is (booting up|going down)|nologin\b.*not permitted",
        "wait until the machine has booted, or delete /etc/nologin on the node",
    ),
    (
        r"Host key verification failed",
        "verify the machine's host key, and add it to known_hosts under the node's name",
    ),
    (
        r"Permission denied \(",
        (
            "check in `journalctl -u ssh` on the node whether the user is missing or locked, has "
            "no shell or not our public key, or is denied by AllowUsers or a similar option"
        ),
    ),
    (
        r"Too many authentication failures",
        (
            "offer one key only: MACHINECONFIG_SSH_KEY, or by hand `--private-key` with the option "
            "IdentitiesOnly=yes"
        ),
    ),
    (
        r"Load key |bad permissions|Identity file .* not accessible",
        "make the private key a file of this user, with mode 0600",
    ),
    (r"Connection refused", "start sshd on the node, and check its port and address"),
    (
        r"(Connection|Operation) timed out|No route to host|Network is unreachable",
        "check that the machine runs, that its address is right, and no firewall is in between",
    ),
    (
        r"Could not resolve hostname",
        "correct the node's address or the name service of this machine",
    ),
    (
        r"[Nn]o matching .* found|[Nn]o mutual signature",
        "allow sshd on the node an algorithm that the ssh of this machine supports",
    ),
    (
        r"kex_exchange_identification|banner exchange|Connection (reset|closed)|Broken pipe",
        (
            "check in `journalctl -u ssh` on the node why sshd closes connections (MaxStartups, "
            "hosts.deny, /etc/nologin, a full disk or memory)"
        ),
    ),
)


def problem(text: str) -> LoginProblem | None:
    """Return what kept ssh from logging in, by its output; None if that is unknown."""
    for pattern, remedy in _REMEDIES:
        line = next((line for line in text.splitlines() if re.search(pattern, line)), "")
        if line:
            return LoginProblem(_without_prefix(line), remedy)
    return None


def unknown_problem(text: str) -> LoginProblem:
    """Return the last line of any output, with the remedy that always applies."""
    return LoginProblem(last_error(text), "run `ssh -v` to the node from the machine of this run")


def last_error(text: str) -> str:
    """Return the last line of any output."""
    return _without_prefix(last_line(text)) or "no reason given"


def _without_prefix(line: str) -> str:
    """Return the text of ssh itself, without the words that Ansible puts before it."""
    return re.sub(r"^.*? (via|over) ssh: ", "", line).strip()
