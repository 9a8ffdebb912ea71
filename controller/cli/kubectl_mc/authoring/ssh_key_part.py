"""The SSH keys of a MachineConfig, from local files; pure."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from controller.cli.kubectl_mc.authoring.draft import DraftPart
from controller.cli.kubectl_mc.files.local_files import LocalFile
from controller.cli.kubectl_mc.terminal.errors import CommandError

_PUBLIC_KEY: Final = re.compile(
    r"(?:.*\s)?(?:ssh-[a-z0-9-]+|ecdsa-sha2-\S+|sk-\S+@openssh\.com)\s+[A-Za-z0-9+/]{16,}=*(?:\s.*)?"
)


def ssh_key_part(user: str, files: Iterable[LocalFile]) -> DraftPart:
    """Return the entry of the boot user, with each key once.

    Raises:
        CommandError: a line is not a public key, or a file has none.
    """
    places: dict[str, str] = {}
    for local in files:
        for key, place in _keys(local):
            places.setdefault(key, place)
    entry = {"name": user, "sshAuthorizedKeys": list(places)}
    origins = {
        f"passwd.users.0.sshAuthorizedKeys.{index}": f"--ssh-key {place}"
        for index, place in enumerate(places.values())
    }
    return DraftPart({"passwd": {"users": [entry]}} if places else {}, origins)


def _keys(local: LocalFile) -> Iterator[tuple[str, str]]:
    """Yield each key, and its file and line."""
    found = False
    # `utf-8-sig` drops the byte order mark that some editors write.
    for number, line in enumerate(local.data.decode("utf-8-sig", "replace").split("\n"), 1):
        key, place = line.strip(), f"{local.path}:{number}"
        if not key or key.startswith("#"):
            continue
        if not _PUBLIC_KEY.fullmatch(key):
            remedy = "name the public key, which ends in .pub, never the private one"
            raise CommandError(f"--ssh-key {place} is not a public SSH key", remedy)
        found = True
        yield key, place
    if not found:
        raise CommandError(f"--ssh-key {local.path} contains no key", "name a file of public keys")
