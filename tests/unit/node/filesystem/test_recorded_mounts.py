"""What was mounted when all was well is mounted again where a boot did not."""

import io
import subprocess
from collections.abc import Callable

import pytest
from machineconfig_node.base.errors import NodeError
from machineconfig_node.filesystem import recorded_mounts
from machineconfig_node.filesystem.recorded_mounts import RecordedMount

ROOT = "1 0 8:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro"
VAR = r"2 1 8:16 / /var rw shared:2 - xfs /dev/vd\040b rw,seclabel,attr2"
LIB = "3 2 0:30 /@lib /var/lib rw - btrfs /dev/vdc rw,subvolid=256,subvol=/@lib"
ETC = "7 1 8:1 /ostree/deploy/os/deploy/1.0/etc /etc rw shared:1 - ext4 /dev/vda1 rw"
NAMELESS = "6 1 0:40 / /mnt/x rw - tmpfs  rw"
RUN = "4 1 0:20 / /run rw shared:3 - tmpfs tmpfs rw"
SRV = "5 1 8:1 /data/srv /srv rw shared:1 - ext4 /dev/vda1 rw"
RECORD = "/var/lib/machine-config"
Mount = Callable[..., list[list[str]]]


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Mount:
    """Set the mounts of the machine, and return the list of the commands that it then gets."""

    def has(*lines: str, fails: bool = False) -> list[list[str]]:
        did: list[list[str]] = []

        def run(words: list[str], **_: object) -> "subprocess.CompletedProcess[str]":
            did.append(words)
            return subprocess.CompletedProcess(words, int(fails), "", "mount: no such device\n")

        text = "\n".join(lines)
        opened = lambda *_, **__: io.StringIO(text)  # noqa: E731 - it stands in for `open`
        monkeypatch.setattr(recorded_mounts, "open", opened, raising=False)
        monkeypatch.setattr(subprocess, "run", run)
        return did

    return has


def test_the_mounts_that_contain_a_path_are_recorded_from_the_outside_in(table: Mount) -> None:
    table(ROOT, ETC, LIB, VAR, RUN, SRV, NAMELESS)

    assert recorded_mounts.of(["/var/lib/machine-config", "/etc/a", "/run/b"]) == [
        RecordedMount("/var", "xfs", "/dev/vd b", "", "/", ""),
        RecordedMount("/var/lib", "btrfs", "/dev/vdc", "", "/@lib", "subvol=/@lib"),
    ]


def test_what_is_mounted_is_left_alone(table: Mount) -> None:
    table(ROOT, VAR, LIB)
    recorded = recorded_mounts.of(["/var/lib/machine-config"])

    did = table(ROOT, VAR, LIB)
    recorded_mounts.mount_missing(recorded, RECORD)

    assert did == []


def test_what_is_not_mounted_is_mounted_from_the_outside_in(table: Mount) -> None:
    table(ROOT, VAR, LIB)
    recorded = recorded_mounts.of(["/var/lib/machine-config"])

    did = table(ROOT)
    recorded_mounts.mount_missing(recorded, RECORD)

    assert did == [
        ["mount", "-t", "xfs", "-o", "rw", "--", "/dev/vd b", "/var"],
        ["mount", "-t", "btrfs", "-o", "rw,subvol=/@lib", "--", "/dev/vdc", "/var/lib"],
    ]


def test_another_file_system_at_the_mount_point_is_covered(table: Mount) -> None:
    table(ROOT, VAR)
    recorded = recorded_mounts.of(["/var/lib/machine-config"])

    did = table(ROOT, "2 1 8:32 / /var rw - xfs /dev/vdx rw")
    recorded_mounts.mount_missing(recorded, RECORD)

    assert [words[-2:] for words in did] == [["/dev/vd b", "/var"]]


def test_a_part_of_a_file_system_is_bound_from_where_that_is_mounted(table: Mount) -> None:
    table(ROOT, SRV)
    recorded = recorded_mounts.of(["/srv/a"])

    did = table(ROOT)
    recorded_mounts.mount_missing(recorded, RECORD)

    assert did == [["mount", "--bind", "--", "/data/srv", "/srv"]]


def test_a_mount_that_fails_is_named(table: Mount) -> None:
    table(ROOT, VAR)
    recorded = recorded_mounts.of(["/var/a"])
    table(ROOT, fails=True)

    with pytest.raises(NodeError, match="/var cannot be mounted: mount: no such device"):
        recorded_mounts.mount_missing(recorded, RECORD)


def test_a_mount_that_the_record_does_not_need_may_fail(table: Mount) -> None:
    table(ROOT, VAR, SRV)
    recorded = recorded_mounts.of(["/var/lib/machine-config", "/srv/a"])
    did = table(ROOT, VAR, fails=True)

    failed = recorded_mounts.mount_missing(recorded, RECORD)

    assert failed == ["/srv cannot be mounted: mount: no such device"]
    assert [words[-1] for words in did] == ["/srv"]


def test_a_mount_that_hangs_has_failed(table: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    table(ROOT, SRV)
    recorded = recorded_mounts.of(["/srv/a"])
    table(ROOT)

    def hang(words: list[str], *, timeout: float, **_: object) -> None:
        raise subprocess.TimeoutExpired(words, timeout)

    monkeypatch.setattr(subprocess, "run", hang)

    assert recorded_mounts.mount_missing(recorded, RECORD) == [
        "/srv cannot be mounted: timed out after 300 s"
    ]
