"""The SSH keys of a MachineConfig, made of local files; pure."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from controller.cli.kubectl_mc.authoring.draft import Part
from controller.cli.kubectl_mc.files.local_files import LocalFile
from controller.cli.kubectl_mc.terminal.errors import CommandError

_PUBLIC_KEY: Final = re.compile(
    r"(?:.*\s)?(?:ssh-[a-z0-9-]+|ecdsa-sha2-\S+|sk-\S+@openssh\.com)\s+[A-Za-z0-9+/]{16,}=*(?:\s.*)?"
)


def keys(user: str, given: Iterable[LocalFile]) -> Part:
    """The entry of the user whose keys are managed, each key once.

    Raises:
        CommandError: a line is no public key, or a file holds none.
    """
    places: dict[str, str] = {}
    for local in given:
        for key, place in _keys(local):
            places.setdefault(key, place)
    entry = {"name": user, "sshAuthorizedKeys": list(places)}
    origins = {
        f"passwd.users.0.sshAuthorizedKeys.{index}": f"--ssh-key {place}"
        for index, place in enumerate(places.values())
    }
    return Part({"passwd": {"users": [entry]}} if places else {}, origins)


def _keys(local: LocalFile) -> Iterator[tuple[str, str]]:
    """Each key and where it stands."""
    found = False
    # Editors of some systems put a mark before the first line, which `utf-8-sig` takes away.
    for number, line in enumerate(local.data.decode("utf-8-sig", "replace").split("\n"), 1):
        key, place = line.strip(), f"{local.path}:{number}"
        if not key or key.startswith("#"):
            continue
        if not _PUBLIC_KEY.fullmatch(key):
            remedy = "name the public key, which ends in .pub, and never the private one"
            raise CommandError(f"--ssh-key {place} is no public SSH key", remedy)
        found = True
        yield key, place
    if not found:
        raise CommandError(f"--ssh-key {local.path} holds no key", "name a file of public keys")
