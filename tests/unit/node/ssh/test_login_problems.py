"""A change that would lock out its user is reported, and no other change is."""

import dataclasses
import os
import socket
from collections.abc import Iterable, Mapping

import pytest
from machineconfig_node.base.view import ToolResult, View
from machineconfig_node.ssh import listening, login, login_problems
from machineconfig_node.ssh.login import Login

# Read before it is replaced for all tests of the node.
FIND = login.find
ADMIN = Login("admin", "192.0.2.9", "192.0.2.1", 22)
ROOT = dataclasses.replace(ADMIN, user="root")
BARE = "ssh-ed25519 AAAA1"
KEY, OTHER = f"{BARE} ours", "ssh-ed25519 AAAA2 theirs"
KEYS_FILE = "/home/admin/.ssh/authorized_keys"
OPEN = (
    "port 22",
    "listenaddress 0.0.0.0:22",
    "pubkeyauthentication yes",
    "permitrootlogin without-password",
    "authenticationmethods any",
    "forcecommand none",
    "authorizedkeyscommand none",
    "trustedusercakeys none",
    "authorizedkeysfile .ssh/authorized_keys .ssh/authorized_keys2",
)


@dataclasses.dataclass(frozen=True)
class Node(View):
    """A node without problems, except for those given."""

    sshd: tuple[str, ...] = OPEN
    sudo: str = ""
    login_shell: str = "/bin/bash"
    broken_shell: bool = False
    known: bool = True
    texts: Mapping[str, str] = dataclasses.field(default_factory=lambda: {KEYS_FILE: KEY})
    rights: str = "1000 8180"
    is_link: bool = False

    def run(
        self,
        tool: str,
        *words: str,
        environment: Mapping[str, str] = {},  # noqa: ARG002 - it is never changed
    ) -> ToolResult:
        """Answer like the tool."""
        if tool == "getent":
            line = f"{words[1]}:*:1000:1000::/home/admin:{self.login_shell}"
            return ToolResult(0, [line]) if self.known else ToolResult(2, [])
        if tool == "id":
            return ToolResult(0, ["admin staff"])
        if tool == "sshd":
            return ToolResult(0, list(self.sshd))
        if tool == "setpriv":
            return ToolResult(int(bool(self.sudo)), [self.sudo])
        if tool == "test":
            return ToolResult(int(self.broken_shell), [])
        assert tool == "stat"
        rights = "0 a1ff" if self.is_link and "--dereference" not in words else self.rights
        return ToolResult(0, [rights] if words[-1] in self.texts else [])

    def read(self, path: str) -> str:
        """Return the text of a file."""
        return self.texts.get(path, "")

    def has(self, pattern: str) -> bool:
        """Return whether there is such a file."""
        return pattern in self.texts


def sshd(*lines: str) -> Node:
    """Return a node whose sshd has other settings."""
    names = {line.partition(" ")[0] for line in lines}
    return Node(sshd=(*lines, *(each for each in OPEN if each.partition(" ")[0] not in names)))


TODAY = login_problems.accepted_keys(ADMIN, Node()) or set()


def problems(
    node: Node, who: Login = ADMIN, before: Iterable[str] = TODAY, **given: Mapping[str, str]
) -> list[str]:
    return list(login_problems.find(who, node, before, **given))


LOCKED_OUT = {
    "others are allowed": (sshd("allowusers nobody", "allowusers boot"), "AllowUsers"),
    "the user is denied": (sshd("denyusers boot", "denyusers adm*"), "DenyUsers"),
    "other groups are allowed": (sshd("allowgroups wheel"), "AllowGroups"),
    "a group is denied": (sshd("denygroups staff"), "DenyGroups"),
    "keys are off": (sshd("pubkeyauthentication no"), "PubkeyAuthentication"),
    "a password is asked for too": (
        sshd("authenticationmethods publickey,password"),
        "AuthenticationMethods",
    ),
    "a command is forced": (sshd("forcecommand /bin/true"), "ForceCommand"),
    "sshd is at another address": (
        sshd("listenaddress 192.0.2.7:22"),
        "does not listen at 192.0.2.1 port 22",
    ),
    "sshd is at another port": (sshd("listenaddress [::]:2222"), "does not listen at"),
    "keys are elsewhere": (sshd("authorizedkeysfile /etc/ssh/keys/%u"), "no key"),
    "the key is another": (Node(texts={KEYS_FILE: OTHER}), "no key"),
    "the key is of another type": (Node(texts={KEYS_FILE: "ssh-rsa AAAA1"}), "no key"),
    "the key is a comment": (Node(texts={KEYS_FILE: f" \t# {KEY}\n#{KEY}"}), "no key"),
    "the key is in an option": (
        Node(texts={KEYS_FILE: f'environment="A={KEY}" {OTHER}'}),
        "no key",
    ),
    "there is no file of keys": (Node(texts={}), "no key"),
    "others may write the keys": (Node(rights="1000 81b4"), "no key"),
    "the keys belong to a stranger": (Node(rights="1001 81a4"), "no key"),
    "the keys are for root's eyes": (Node(rights="0 8180"), "no key"),
    "sudo asks for a password": (Node(sudo="sudo: a password is required"), "a password is"),
    "the shell refuses logins": (Node(login_shell="/usr/sbin/nologin"), "/usr/sbin/nologin"),
    "the shell is not there": (Node(broken_shell=True), "/bin/bash"),
    "the user is gone": (Node(known=False), "the user admin does not exist"),
    "there is an /etc/nologin": (
        Node(texts={KEYS_FILE: KEY, "/etc/nologin": "closed"}),
        "/etc/nologin",
    ),
}

LET_IN = {
    "nothing is said": Node(),
    "the user is allowed": sshd("allowusers boot", "allowusers adm?n"),
    "the user is allowed from somewhere": sshd("allowusers admin@192.0.2.*"),
    "a negated user allows others": sshd("allowusers !boot"),
    "the user is denied from somewhere else": sshd("denyusers admin@198.51.100.1"),
    "a group is allowed": sshd("allowgroups wheel", "allowgroups staff"),
    "a key is enough": sshd("authenticationmethods password,publickey publickey"),
    "sshd is at our address": sshd("listenaddress 192.0.2.7:22", "listenaddress 192.0.2.1:22"),
    "the keys file of root is for all to read": Node(rights="0 81a4"),
    "a key is there beside others": Node(texts={KEYS_FILE: f"# x\n{OTHER}\n{KEY}\n"}),
    "the key has another comment": Node(texts={KEYS_FILE: f"{BARE} ours, since today"}),
    "the key has no comment": Node(texts={KEYS_FILE: f"\t{BARE}\r\n"}),
    "the key has options": Node(texts={KEYS_FILE: f"no-pty,no-user-rc {KEY}"}),
    "an option has blanks and quotes in it": Node(
        texts={KEYS_FILE: f'from="192.0.2.*",command="echo \\"a b\\"; sh" {KEY}'}
    ),
    "the comment looks like a key": Node(texts={KEYS_FILE: f"{BARE} AAAA2"}),
    "a link leads to the keys": Node(is_link=True),
    "a home is named": sshd("authorizedkeysfile %h/.ssh/authorized_keys"),
    "a command knows the keys": dataclasses.replace(
        sshd("authorizedkeyscommand /usr/bin/keys"), texts={}
    ),
}


@pytest.mark.parametrize(("node", "words"), LOCKED_OUT.values(), ids=LOCKED_OUT)
def test_a_login_that_would_fail_is_reported_with_the_reason(node: Node, words: str) -> None:
    [problem] = problems(node)

    assert words in problem


@pytest.mark.parametrize("node", LET_IN.values(), ids=LET_IN)
def test_a_login_that_may_succeed_is_no_problem(node: Node) -> None:
    assert problems(node) == []


@pytest.mark.parametrize("value", ["no", "forced-commands-only"])
def test_permit_root_login_can_refuse_root(value: str) -> None:
    node = dataclasses.replace(sshd(f"permitrootlogin {value}"), sudo="not asked")

    assert problems(node, ROOT) == ["sshd's PermitRootLogin refuses root"]


def test_the_keys_to_be_written_count_instead_of_the_current_ones() -> None:
    [problem] = problems(Node(), texts={KEYS_FILE: f"{OTHER}\n"})

    assert "would accept no key that" in problem
    assert problems(Node(texts={KEYS_FILE: OTHER}), texts={KEYS_FILE: f"{KEY}\n"}) == []


def test_any_key_is_enough_if_the_previous_keys_are_unknown() -> None:
    assert problems(Node(texts={KEYS_FILE: OTHER}), before=()) == []


def test_the_login_is_found_in_the_environment_of_a_parent_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = {40: None, 30: ROOT, 20: ADMIN, 10: None}
    monkeypatch.setattr(os, "getpid", lambda: 40)
    monkeypatch.setattr(login, "_of", lambda process: found[process])
    monkeypatch.setattr(login, "_parent", lambda process: process - 10)

    assert FIND() == ADMIN, "the user's own shell is above what sudo has started"


def test_a_listening_port_is_detected() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        assert listening.is_at("127.0.0.1", port)
        assert not listening.is_at("127.0.0.2", port)
    assert not listening.is_at("127.0.0.1", port)
