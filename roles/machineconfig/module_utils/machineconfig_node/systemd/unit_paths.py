"""The folders of the units that an administrator writes."""

from __future__ import annotations

UNIT_FOLDER = "/etc/systemd/system"
RUNTIME_FOLDER = "/run/systemd/system"
FOLDERS = (
    UNIT_FOLDER,
    RUNTIME_FOLDER,
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
# A masked unit is a link to it.
MASK = "/dev/null"
