"""With SELinux, a file has the context that the policy defines for its path."""

import os
from pathlib import Path

import pytest
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.base.errors import NodeError
from machineconfig_node.filesystem import selinux
from machineconfig_node.manifest import desired_state
from machineconfig_node.record.node_record import load

from tests.unit.node.build import file, manifest

CONTEXT = "system_u:object_r:etc_t:s0"


@pytest.fixture
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with SELinux, whose policy is a script."""
    switch, programs = tmp_path / "enforce", tmp_path / "bin"
    switch.write_text("1")
    programs.mkdir()
    monkeypatch.setattr(selinux, "_SWITCH", str(switch))
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return programs / "matchpathcon"


def _says(policy: Path, *contexts: str) -> None:
    policy.write_text("#!/bin/sh\n" + "".join(f"echo '{each}'\n" for each in contexts))
    policy.chmod(0o755)


def _apply(folder: str, *paths: Path) -> None:
    wanted = desired_state.read(manifest(*(file(path, b"new\n") for path in paths)))
    Transaction(folder, load(folder), wanted, "boot-1").run([])


@pytest.mark.usefixtures("root")
def test_a_file_has_the_context_of_the_policy(policy: Path, folder: str, tmp_path: Path) -> None:
    _says(policy, CONTEXT, "<<none>>")
    one, other = tmp_path / "etc" / "a", tmp_path / "etc" / "b"

    _apply(folder, one, other)

    assert os.getxattr(one, selinux.ATTRIBUTE) == f"{CONTEXT}\0".encode()
    assert selinux.ATTRIBUTE not in os.listxattr(other), "the policy gives it none"


def test_a_policy_that_cannot_be_read_changes_no_file(
    policy: Path, folder: str, tmp_path: Path
) -> None:
    policy.write_text("#!/bin/sh\nexit 1\n")
    policy.chmod(0o755)

    with pytest.raises(NodeError, match="the SELinux contexts of files cannot be read") as found:
        _apply(folder, tmp_path / "etc" / "a")

    assert "libselinux-utils" in found.value.remedy
    assert not (tmp_path / "etc").exists()


def test_without_selinux_no_command_is_run(folder: str, tmp_path: Path) -> None:
    _apply(folder, tmp_path / "etc" / "a")

    assert (tmp_path / "etc" / "a").read_text() == "new\n"
