"""Whether the next boot has a valid host name, under which the kubelet finds its own Node."""

from __future__ import annotations

import contextlib
import os
import re
from typing import Iterator

from ..base.view import View

PATH = "/etc/hostname"
# Of a machine with a kubelet, also that of other distributions of Kubernetes.
_KUBELET = "/var/lib/kubelet"
# Options that set the name of the Node whatever the host is called.
_NAMES_NODE = (b"--hostname-override", b"--node-name")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_VALID = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LONGEST = 64


def problems(_: list[str], view: View) -> Iterator[str]:
    """Yield the problem of the name in the view."""
    lines = (line.strip() for line in view.read(PATH).split("\n"))
    name = next((line for line in lines if line and not line.startswith("#")), "")
    current = os.uname().nodename
    if not _VALID.fullmatch(name) or len(name) > _LONGEST:
        yield f"{PATH}: {name!r} is not a host name (write letters, digits, dashes and dots)"
    elif name.lower() != current.lower() and os.path.isdir(_KUBELET) and not _is_node_named():
        yield (
            f"{PATH}: the kubelet of the Node {current} would register another one, {name.lower()}"
            " (keep the name, or set --hostname-override of the kubelet)"
        )


def _is_node_named() -> bool:
    """Whether a process runs with an option that names its Node."""
    return any(option in line for line in _command_lines() for option in _NAMES_NODE)


def _command_lines() -> Iterator[bytes]:
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/cmdline", "rb") as stream:
            yield stream.read()
