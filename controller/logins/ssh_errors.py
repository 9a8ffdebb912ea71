"""What OpenSSH's last words mean where a node cannot be reached, or lets nobody in."""

import re
from typing import Final

from controller.logins.login_problem import LoginProblem, last_line

# The first row that has one of the lines decides: what is more particular comes first.
_REMEDIES: Final = (
    (
        r"account has expired",
        "let the user's account expire no more: `chage --expiredate -1 USER` on the node",
    ),
    (
        r"System is (booting up|going down)|nologin\b.*not permitted",
        "wait until the machine has booted, or take /etc/nologin away on the node",
    ),
    (
        r"Host key verification failed",
        "compare the machine's host key, and put it into known_hosts under the node's name",
    ),
    (
        r"Permission denied \(",
        (
            "see in `journalctl -u ssh` on the node whether the user is missing or locked, has no "
            "shell or not our public key, or is kept out by AllowUsers and its like"
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
        "let the private key be a file of this user, with mode 0600",
    ),
    (r"Connection refused", "start sshd on the node, and compare its port and address with ours"),
    (
        r"(Connection|Operation) timed out|No route to host|Network is unreachable",
        "see that the machine is on, that its address is right, and that no firewall is in between",
    ),
    (
        r"Could not resolve hostname",
        "correct the node's address or the name service of this machine",
    ),
    (
        r"[Nn]o matching .* found|[Nn]o mutual signature",
        "allow sshd on the node an algorithm that this machine's ssh knows",
    ),
    (
        r"kex_exchange_identification|banner exchange|Connection (reset|closed)|Broken pipe",
        (
            "see `journalctl -u ssh` on the node: sshd accepts connections and ends them "
            "(MaxStartups, hosts.deny, /etc/nologin, a full disk or memory)"
        ),
    ),
)


def problem(words: str) -> LoginProblem | None:
    """What kept ssh from logging in, by what it said; None where that is not known."""
    for pattern, remedy in _REMEDIES:
        line = next((line for line in words.splitlines() if re.search(pattern, line)), "")
        if line:
            return LoginProblem(_without_prefix(line), remedy)
    return None


def unknown_problem(words: str) -> LoginProblem:
    """The last of any words, with the one remedy that there is for them."""
    return LoginProblem(
        last_error(words), "see what `ssh -v` to the node says, from the machine of this run"
    )


def last_error(words: str) -> str:
    """The last words, whatever they are."""
    return _without_prefix(last_line(words)) or "no reason given"


def _without_prefix(line: str) -> str:
    """The words of ssh itself, without those that Ansible puts before them."""
    return re.sub(r"^.*? (via|over) ssh: ", "", line).strip()
