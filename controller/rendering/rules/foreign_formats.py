"""Butane configs, and keys of Butane and Ignition 2 that Ignition 3 ignores.

Other unknown keys lead to a warning. With these a file would be missing or empty on the nodes, so
they are errors.
"""

from collections.abc import Mapping
from typing import Any, Final

from controller.ignition import Entry
from controller.rendering.refusal import Problem

BUTANE: Final = "this is a Butane config; nodes need an Ignition config"
TRANSLATE_BUTANE: Final = "translate it with `butane --strict FILE` (variant fcos, version 1.5.0)"
_CREATE: Final = "`kubectl mc create NAME --role POOL --file FILE:PATH` does it"
_EMPTY: Final = f"give `source` a data: URL ({_CREATE}), or translate it with `butane --strict`"
_UNIT: Final = "put the unit's text below `contents: |`, or translate it with `butane --strict`"
_KEYS: Final = "write sshAuthorizedKeys"
_NETWORK: Final = "write its units as files below /etc/systemd/network"

# By the path without indices: the language of the key, and the remedy.
_FOREIGN_KEYS: Final = {
    "storage.files.contents.inline": ("Butane", _EMPTY),
    "storage.files.contents.local": ("Butane", _EMPTY),
    "storage.trees": ("Butane", f"write each of its files: {_CREATE}"),
    "systemd.units.contents_local": ("Butane", _UNIT),
    "systemd.units.dropins.contents_local": ("Butane", _UNIT),
    "passwd.users.ssh_authorized_keys": ("Butane", _KEYS),
    "passwd.users.ssh_authorized_keys_local": ("Butane", f"{_KEYS}, with the keys themselves"),
    "networkd": ("Ignition 2", _NETWORK),
    "passwd.users.create": ("Ignition 2", "remove it: only SSH keys of a user are managed"),
}


def foreign_config(config: Any) -> Problem | None:  # noqa: ANN401 - not validated yet
    """Return the problem of a config that is not an Ignition config at all."""
    if isinstance(config, Mapping) and "variant" in config:
        return "$.variant", BUTANE, f"{TRANSLATE_BUTANE}, and use the output here"
    return None


def foreign_key(unused: Entry) -> Problem | None:
    """Return the problem of a key of another language; None for any other unused key."""
    steps = unused.path.split(".")[1:]
    found = _FOREIGN_KEYS.get(".".join(step for step in steps if not step.isdigit()))
    if found is None:
        return None
    language, remedy = found
    return unused.path, f"{steps[-1]} is a key of {language}, and Ignition 3 ignores it", remedy
