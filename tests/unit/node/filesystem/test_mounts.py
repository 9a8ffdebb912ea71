"""The kernel's table of mounts is decoded."""

import io

import pytest
from machineconfig_node.filesystem import mounts
from machineconfig_node.filesystem.mounts import Mount

TABLE = r"""/dev/vda / ext4 rw,relatime 0 0
tmpfs /run tmpfs rw 0 0
/dev/vdb /srv/with\040a\134blank xfs ro 0 0
"""


def test_every_mount_point_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mounts, "open", lambda *_, **__: io.StringIO(TABLE), raising=False)

    assert mounts.read() == [
        Mount("/", "ext4", "rw,relatime"),
        Mount("/run", "tmpfs", "rw"),
        Mount("/srv/with a\\blank", "xfs", "ro"),
    ]
