"""The files that may exist on a machine only while an apply is unconfirmed."""

from tests.lab import Lab

_LOOK = """
find / -xdev -name '.machine-config-*' -o -xdev -name 'machine-config-revert*'
ls -d /etc/systemd/system.control 2>/dev/null
find /run/systemd -name '*machine-config*'
systemctl list-units --all --plain --no-legend 'machine-config*'
systemctl list-timers --all --no-legend 'machine-config*'
cd /var/lib/machine-config && ls -d revert journal.json
find transaction -type f
"""


def trace(lab: Lab, node: str) -> str:
    """Return units, timers, programs, images and temporary files; empty if there are none."""
    return lab.ssh(node, "sudo sh", stdin=_LOOK, check=False)
