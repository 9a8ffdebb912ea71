"""Keys of Butane and of Ignition 2, which Ignition 3 ignores and their authors rely on.

Other unknown keys are a warning. With these something would be missing on the nodes, or a file
empty, so they are refused.
"""

from collections.abc import Mapping
from typing import Any, Final

from controller.ignition import Entry

Problem = tuple[str, str, str]

_TRANSLATE: Final = (
    "translate it with `butane --strict FILE` (variant fcos, version 1.5.0), and put here what it "
    "prints"
)
_CREATE: Final = "`kubectl mc create NAME --role POOL --file FILE:PATH` does it"
_EMPTY: Final = f"give `source` a data: URL ({_CREATE}), or translate it with `butane --strict`"
_UNIT: Final = "put the unit's text below `contents: |`, or translate it with `butane --strict`"
_KEYS: Final = "write sshAuthorizedKeys"
_NETWORK: Final = "write its units as files below /etc/systemd/network"

# By the path without indices: whose key it is, and what to write instead.
_LOST: Final = {
    "storage.files.contents.inline": ("Butane", _EMPTY),
    "storage.files.contents.local": ("Butane", _EMPTY),
    "storage.trees": ("Butane", f"write each file of it: {_CREATE}"),
    "systemd.units.contents_local": ("Butane", _UNIT),
    "systemd.units.dropins.contents_local": ("Butane", _UNIT),
    "passwd.users.ssh_authorized_keys": ("Butane", _KEYS),
    "passwd.users.ssh_authorized_keys_local": ("Butane", f"{_KEYS}, with the keys themselves"),
    "networkd": ("Ignition 2", _NETWORK),
    "passwd.users.create": ("Ignition 2", "remove it: only SSH keys of a user are managed"),
}


def whole(config: Any) -> Problem | None:  # noqa: ANN401 - whatever stands where a config should
    """What is wrong with a config that is written in another language as a whole."""
    if isinstance(config, Mapping) and "variant" in config:
        return "$.variant", "this is a Butane config, and nodes take Ignition", _TRANSLATE
    return None


def lost(unused: Entry) -> Problem | None:
    """What is wrong with a key that Ignition ignores; None where little depends on it."""
    steps = unused.path.split(".")[1:]
    found = _LOST.get(".".join(step for step in steps if not step.isdigit()))
    if found is None:
        return None
    language, remedy = found
    return unused.path, f"{steps[-1]} is a key of {language}, and Ignition 3 ignores it", remedy
