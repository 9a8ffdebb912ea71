"""The SSH keys in an entry of `sshAuthorizedKeys`, read as sshd reads its file: one per line.

YAML's `|` ends a string with a newline, and users paste whole `.pub` and `authorized_keys` files
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
# PEM, PKCS #8, and the format of ssh-keygen -e and PuTTY, each with its option of ssh-keygen.
_OTHER_FORMATS: Final = {
    "-----BEGIN RSA PUBLIC KEY": "-m PEM ",
    "-----BEGIN PUBLIC KEY": "-m PKCS8 ",
    "---- BEGIN SSH2 PUBLIC KEY": "",
}


def keys(entry: str) -> tuple[str, ...]:
    """Return the keys of an entry in order, without comments, blank lines and outer space."""
    return tuple(key for _, key in _numbered(entry))


def one_per_entry(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config with one entry per key of its users, without duplicates."""
    users = config.get("passwd", {}).get("users")
    if not users:
        return dict(config)
    return {**config, "passwd": {**config["passwd"], "users": [_one_per_entry(u) for u in users]}}


def _one_per_entry(user: Mapping[str, Any]) -> dict[str, Any]:
    entries = user.get("sshAuthorizedKeys")
    if not entries:
        return dict(user)
    unique = dict.fromkeys(key for entry in entries for key in keys(entry))
    return {**user, "sshAuthorizedKeys": list(unique)}


def problem(entry: str) -> tuple[str, str] | None:
    """Return why an entry is invalid, and the remedy; None for a valid one."""
    if _PRIVATE.search(entry):
        return "this is a private key", "use the public key, and generate a new pair"
    for header, option in _OTHER_FORMATS.items():
        if header in entry:
            remedy = f"convert it: ssh-keygen -i {option}-f FILE"
            return "sshd does not support this key format", remedy
    if not keys(entry):
        return "this entry contains no key", "remove it"
    for number, key in _numbered(entry):
        if unprintable := _unprintable(key):
            reason = f"{_line(number, entry)} contains the invalid character {unprintable}"
            return reason, "copy it from its .pub file again"
    return None


def doubt(entry: str) -> tuple[str, str] | None:
    """Return why an entry is doubtful, and the remedy; None if it is not."""
    for number, key in _numbered(entry):
        if not _PUBLIC.fullmatch(key):
            reason = f"sshd will not accept {_line(number, entry)} as a key"
            return reason, "use a line of a .pub file"
        if len(_KEY.findall(_QUOTED.sub("", key))) > 1:
            reason = f"sshd treats all but the first key of {_line(number, entry)} as a comment"
            return reason, "write `|`, and one key per line below it"
    return None


def _numbered(entry: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(entry.split("\n"), 1):
        key = line.strip(_BLANK)
        if key and not key.startswith("#"):
            yield number, key


def _line(number: int, entry: str) -> str:
    return f"line {number}" if "\n" in entry.rstrip() else "this"


def _unprintable(key: str) -> str:
    """Return the first character that is invalid in a key, as U+XXXX; empty without one."""
    found = (each for each in key if not each.isprintable() and each != "\t")
    return next((f"U+{ord(each):04X}" for each in found), "")
