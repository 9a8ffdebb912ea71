"""A managed file has the rights that its config says, and no others."""

import os
import stat
import struct
from pathlib import Path

import pytest
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.comparison import compare
from machineconfig_node.record.node_record import load
from machineconfig_node.restore import originals
from machineconfig_node.ssh import authorized_keys

from tests.unit.node.build import file, manifest, read

ACCESS, DEFAULT = "system.posix_acl_access", "system.posix_acl_default"
# As `setfacl --modify user:4711:rwx` writes it: version 2, and entries of tag, rights and ID.
_ANY = 0xFFFFFFFF
_ENTRIES = ((0x01, 7, _ANY), (0x02, 7, 4711), (0x04, 5, _ANY), (0x10, 7, _ANY), (0x20, 5, _ANY))
ACL = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *each) for each in _ENTRIES)
CAPABILITY = struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0, 0)


@pytest.fixture
def shared(disk: Path) -> Path:
    """Return a folder whose new files and folders inherit an ACL."""
    folder = disk / "shared"
    folder.mkdir()
    try:
        os.setxattr(folder, DEFAULT, ACL)
    except OSError:
        pytest.skip("the file system of the temporary folder has no ACLs")
    return folder


def apply(folder: str, given: dict[str, object]) -> None:
    Transaction(folder, load(folder), read(folder, given), "boot-1").run([])


def test_nothing_that_is_written_inherits_an_acl(folder: str, shared: Path) -> None:
    given = manifest(file(shared / "a", mode=0o640), file(shared / "made" / "b", mode=0o600))

    apply(folder, given)

    for path in shared / "a", shared / "made", shared / "made" / "b":
        assert {ACCESS, DEFAULT} & {*os.listxattr(path)} == set(), path
    assert stat.S_IMODE((shared / "a").stat().st_mode) == 0o640
    assert stat.S_IMODE((shared / "made").stat().st_mode) == 0o755
    assert compare.of_disk(read(folder, given)) == []


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [(ACCESS, ACL, "ACL"), ("security.capability", CAPABILITY, "capabilities")],
)
def test_rights_that_the_config_does_not_say_are_drift_and_fixed(
    folder: str, shared: Path, name: str, value: bytes, what: str
) -> None:
    path = shared / "a"
    # The mode of a file with such an ACL.
    given = manifest(file(path, mode=0o775))
    apply(folder, given)
    try:
        os.setxattr(path, name, value)
    except PermissionError:
        pytest.skip("the user of the tests may not set capabilities")

    [found] = compare.of_disk(read(folder, given))
    apply(folder, given)

    assert (found.what, found.detail) == (what, f"no {what} wanted")
    assert compare.of_disk(read(folder, given)) == []


def test_the_acl_of_an_original_is_restored(folder: str, shared: Path) -> None:
    path = shared / "a"
    path.write_bytes(b"theirs")
    path.chmod(0o775)
    os.setxattr(path, ACCESS, ACL)
    before = path.stat().st_mode

    apply(folder, manifest(file(path, mode=0o600)))
    apply(folder, manifest())

    assert (os.getxattr(path, ACCESS), path.stat().st_mode) == (ACL, before)
    assert originals.not_restored(load(folder), folder) == []


def test_an_original_with_an_acl_that_someone_else_restored_is_not_listed(
    folder: str, shared: Path
) -> None:
    path = shared / "a"
    path.write_bytes(b"theirs")
    path.chmod(0o775)
    os.setxattr(path, ACCESS, ACL)
    apply(folder, manifest(file(path, mode=0o600)))
    path.write_bytes(b"theirs")
    path.chmod(0o775)
    os.setxattr(path, ACCESS, ACL)

    apply(folder, manifest())

    assert originals.not_restored(load(folder), folder) == []


def test_managed_keys_inherit_no_acl(folder: str, home: Path, shared: Path) -> None:
    del shared
    os.setxattr(home, DEFAULT, ACL)

    apply(folder, manifest(keys=("ssh-rsa OURS",)))

    for path in home / ".ssh", home / ".ssh" / "authorized_keys":
        assert {ACCESS, DEFAULT} & {*os.listxattr(path)} == set(), path
    os.setxattr(home / ".ssh" / "authorized_keys", ACCESS, ACL)
    (home / ".ssh" / "authorized_keys").chmod(0o600)
    assert "ACL of " in authorized_keys.difference("boot", ["ssh-rsa OURS"])
