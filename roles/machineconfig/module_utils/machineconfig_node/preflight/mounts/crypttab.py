"""Whether the next boot can unlock every disk in /etc/crypttab without a person."""

from __future__ import annotations

from typing import Iterator

from ...base.view import View
from . import boot_mounts, mount_options
from .boot_mounts import BootMount

PATH = "/etc/crypttab"
_NO_KEY = {"", "-", "none"}
# Options that name another source of the key.
_OTHER_KEYS = ("tpm2-device", "fido2-device", "pkcs11-uri", "headless", "keyscript")
_FEWEST = 2  # name and device
_REMEDY = "fix the line, or add the option `nofail`"


def problems(_: list[str], view: View) -> Iterator[str]:
    """Yield the problems of the table in the view."""
    for number, fields in _lines(view.read(PATH)):
        for problem in _problems(fields, view):
            yield f"{PATH}: line {number}: {problem}"


def names(view: View) -> list[str]:
    """Return the names of the unlocked disks, which are below /dev/mapper."""
    return [fields[0] for _, fields in _lines(view.read(PATH))]


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        fields = line.split()
        if fields and not fields[0].startswith("#"):
            yield number, fields


def _problems(fields: list[str], view: View) -> Iterator[str]:
    if len(fields) < _FEWEST:
        yield "has no device"
        return
    name, device, key, options = [*fields, "", ""][:4]
    disk = BootMount(device, name, "swap", mount_options.split(options))
    if disk.is_manual:
        return
    if not disk.is_optional and boot_mounts.is_missing(disk, view):
        yield f"{device}, the device of {name}, does not exist ({_REMEDY})"
    if key in _NO_KEY:
        if not _has_other_key(disk, view):
            remedy = "add a key file, or the option `noauto`"
            yield f"the boot would ask for the passphrase of {name} ({remedy})"
    elif _is_missing(key, view) and not disk.is_optional and not _has_other_key(disk, view):
        yield f"{key}, the key file of {name}, does not exist ({_REMEDY})"


def _is_missing(key: str, view: View) -> bool:
    """Whether the file does not exist; after a colon it is on another device."""
    return key.startswith("/") and ":" not in key and not view.has(key)


def _has_other_key(disk: BootMount, view: View) -> bool:
    named = any(each.startswith(_OTHER_KEYS) for each in disk.options)
    stored = view.has(f"/etc/cryptsetup-keys.d/{disk.point}.key")
    return named or stored or view.has("/usr/bin/clevis")
