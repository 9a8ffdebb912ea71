"""Rights that a file or folder can have besides owner, group and mode: ACLs and capabilities.

A new file inherits the ACL that its folder has as default. Such an ACL gives rights to others that
the mode of the file does not show.
"""

from __future__ import annotations

import contextlib
import errno
import os
from typing import Dict, Mapping

Rights = Dict[str, str]

# Each with its name in messages.
NAMES = {"system.posix_acl_access": "ACL", "security.capability": "capabilities"}
_NONE = {errno.ENODATA, errno.EOPNOTSUPP}


def of(file: int | str) -> Rights:
    """Return the extra rights of an open file or of a path, as hexadecimal digits."""
    return selected({name: os.getxattr(file, name).hex() for name in _names(file)})


def selected(attributes: Mapping[str, str]) -> Rights:
    """Return those of the extended attributes that are extra rights."""
    return {name: value for name, value in attributes.items() if name in NAMES}


def remove(descriptor: int) -> None:
    """Remove the inherited ACL, and the one that the entries of a folder would inherit."""
    _remove(descriptor, "system.posix_acl_access")
    _remove(descriptor, "system.posix_acl_default")


def difference(found: Rights, desired: Rights) -> list[str]:
    """Return the names of the rights that differ."""
    return [said for name, said in NAMES.items() if found.get(name) != desired.get(name)]


def _remove(descriptor: int, name: str) -> None:
    try:
        os.removexattr(descriptor, name)
    except OSError as error:
        if error.errno not in _NONE:
            raise


def _names(file: int | str) -> list[str]:
    with contextlib.suppress(OSError):
        return [name for name in os.listxattr(file) if name in NAMES]
    return []
