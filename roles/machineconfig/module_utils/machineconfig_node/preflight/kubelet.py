"""What other checks need to know of the kubelet of this machine."""

from __future__ import annotations

import contextlib
import os
import re
from typing import Iterator

# Of all distributions of Kubernetes.
FOLDER = "/var/lib/kubelet"
# Options that set the name of the Node, whatever the host is called.
_NAMES_NODE = (b"--hostname-override", b"--node-name")
_ACCEPTS_SWAP = (b"--fail-swap-on=false",)
_ACCEPTS_SWAP_IN_FILE = re.compile(r"^failSwapOn:\s*false\b", re.MULTILINE)
_SWAPS = "/proc/swaps"


def registers_host_name() -> bool:
    """Whether there is a kubelet whose Node has the name of the host."""
    return os.path.isdir(FOLDER) and not _has_option(_NAMES_NODE)


def refuses_swap() -> bool:
    """Whether there is a kubelet that would not start with swap space, and there is none now."""
    if not os.path.isdir(FOLDER) or len(_text(_SWAPS).splitlines()) > 1:
        return False
    in_file = _ACCEPTS_SWAP_IN_FILE.search(_text(os.path.join(FOLDER, "config.yaml")))
    return not in_file and not _has_option(_ACCEPTS_SWAP)


def _has_option(options: tuple[bytes, ...]) -> bool:
    """Whether a process runs with one of the options."""
    return any(option in line for line in _command_lines() for option in options)


def _command_lines() -> Iterator[bytes]:
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/cmdline", "rb") as stream:
            yield stream.read()


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""
