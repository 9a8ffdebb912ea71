"""The SSH keys in an entry of `sshAuthorizedKeys`, read as sshd reads its file: one a line.

YAML's `|` ends a string in a newline, and people paste whole `.pub` and `authorized_keys` files
below it, with comments and blank lines.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_BLANK: Final = " \t\r"
_PUBLIC: Final = re.compile(
    r"(?:.*[ \t])?(?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+[ \t]+AAAA[A-Za-z0-9+/=]*(?:[ \t].*)?"
)
_KEY: Final = re.compile(r"(?:ssh|ecdsa)-[a-z0-9@.-]+[ \t]+AAAA")
_QUOTED: Final = re.compile(r'"[^"]*"')
_PRIVATE: Final = re.compile(r"PRIVATE KEY|PuTTY-User-Key-File|Private-Lines:")
# PEM, PKCS #8, and what ssh-keygen -e and PuTTY write; each with what ssh-keygen calls it.
_FOREIGN: Final = {
    "-----BEGIN RSA PUBLIC KEY": "-m PEM ",
    "-----BEGIN PUBLIC KEY": "-m PKCS8 ",
    "---- BEGIN SSH2 PUBLIC KEY": "",
}


def keys(entry: str) -> tuple[str, ...]:
    """The keys of an entry, in their order, without comments, blank lines and surrounding space."""
    return tuple(key for _, key in _numbered(entry))


def one_an_entry(config: Mapping[str, Any]) -> dict[str, Any]:
    """The config with each key of its users in an entry of its own, and each once."""
    users = config.get("passwd", {}).get("users")
    if not users:
        return dict(config)
    return {**config, "passwd": {**config["passwd"], "users": [_one_an_entry(u) for u in users]}}


def _one_an_entry(user: Mapping[str, Any]) -> dict[str, Any]:
    entries = user.get("sshAuthorizedKeys")
    if not entries:
        return dict(user)
    unique = dict.fromkeys(key for entry in entries for key in keys(entry))
    return {**user, "sshAuthorizedKeys": list(unique)}


def problem(entry: str) -> tuple[str, str] | None:
    """The reason why an entry cannot be given to a node, and the remedy; None for a good one."""
    if _PRIVATE.search(entry):
        return "this is a private key", "give the public one, and make a new pair"
    for form, option in _FOREIGN.items():
        if form in entry:
            remedy = f"convert it: ssh-keygen -i {option}-f FILE"
            return "sshd does not read keys of this form", remedy
    if not keys(entry):
        return "this entry holds no key", "remove it"
    for number, key in _numbered(entry):
        if unprintable := _unprintable(key):
            reason = f"{_line(number, entry)} holds the character {unprintable}, which no key has"
            return reason, "copy it from its .pub file again"
    return None


def doubt(entry: str) -> tuple[str, str] | None:
    """What is doubtful about an entry, and the remedy; None where nothing is."""
    for number, key in _numbered(entry):
        if not _PUBLIC.fullmatch(key):
            reason = f"sshd will not know {_line(number, entry)} as a key"
            return reason, "give a line of a .pub file"
        if len(_KEY.findall(_QUOTED.sub("", key))) > 1:
            reason = f"sshd takes all but the first key of {_line(number, entry)} for a comment"
            return reason, "write `|`, and one key a line below it"
    return None


def _numbered(entry: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(entry.split("\n"), 1):
        key = line.strip(_BLANK)
        if key and not key.startswith("#"):
            yield number, key


def _line(number: int, entry: str) -> str:
    return f"line {number}" if "\n" in entry.rstrip() else "this"


def _unprintable(key: str) -> str:
    """The first character that cannot stand in a key, as U+XXXX; empty without one."""
    found = (each for each in key if not each.isprintable() and each != "\t")
    return next((f"U+{ord(each):04X}" for each in found), "")
