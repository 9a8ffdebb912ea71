"""Whether the next boot has a valid host name, under which the kubelet finds its own Node."""

from __future__ import annotations

import os
import re
from typing import Iterator

from ...base.view import View
from .. import kubelet

PATH = "/etc/hostname"
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
    elif name.lower() != current.lower() and kubelet.registers_host_name():
        yield (
            f"{PATH}: the kubelet of the Node {current} would register another one, {name.lower()}"
            " (keep the name, or set --hostname-override of the kubelet)"
        )
