"""A change is validated before it is made; existing problems do not count."""

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from machineconfig_node.base.errors import NodeError
from machineconfig_node.base.problems import Problems
from machineconfig_node.base.view import CheckUnavailableError, View
from machineconfig_node.comparison import compare
from machineconfig_node.filesystem import mounts
from machineconfig_node.filesystem.mounts import Mount
from machineconfig_node.manifest import desired_state
from machineconfig_node.preflight import changes, overlay, validation
from machineconfig_node.preflight.config_files import by_path
from machineconfig_node.preflight.paths import immutable
from machineconfig_node.record.node_record import Record

from tests.unit.node.build import file, manifest, unit
from tests.unit.node.view import Node, Tools

UNIT = unit("a.service", contents="[Service]\nExecStart=/bin/a\n")
LINE = "/etc/systemd/system/a.service:2: Unknown key 'Foo' in section [Service], ignoring."


@pytest.fixture(autouse=True)
def _a_disk_that_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mounts, "read", lambda: [Mount("/", "ext4", "rw")])


class Stages:
    """The node before and after the change, and how often the latter was inspected."""

    def __init__(self) -> None:
        """At first there are no problems."""
        self.today = Node()
        self.then = Node()
        self.cause = ""
        self.opened = 0

    @contextlib.contextmanager
    def open(self, _: changes.Changes) -> Iterator[View]:
        self.opened += 1
        if self.cause:
            raise CheckUnavailableError(self.cause)
        yield Tools(self.then)


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> Stages:
    found = Stages()
    monkeypatch.setattr(overlay, "opened", found.open)
    return found


def validate_manifest(
    folder: str, stages: Stages, monkeypatch: pytest.MonkeyPatch, given: dict[str, object]
) -> list[str]:
    """Validate a manifest on a node without a record."""
    monkeypatch.setattr(validation, "AS_IT_IS", Tools(stages.today))
    return validation.validate(desired_state.read(given), Record(machine_id=""), folder)


def test_without_changes_nothing_is_validated(
    folder: str, disk: Path, stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_path, "KNOWN", ((str(disk / "a"), lambda *_: []),))
    given = manifest(file(disk / "a", b"as it is"))
    assert validate_manifest(folder, stages, monkeypatch, given) == []
    assert stages.opened == 1

    (disk / "a").write_bytes(b"as it is")
    (disk / "a").chmod(0o644)

    assert validate_manifest(folder, stages, monkeypatch, given) == []
    assert stages.opened == 1


def test_files_without_a_known_reader_need_no_overlay(
    folder: str, disk: Path, stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert validate_manifest(folder, stages, monkeypatch, manifest(file(disk / "a"))) == []
    assert not stages.opened


def test_a_problem_that_the_change_adds_is_refused_with_a_remedy(
    folder: str, stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages.then = Node(refused={"a.service": [LINE]})

    with pytest.raises(NodeError) as refusal:
        validate_manifest(folder, stages, monkeypatch, manifest(units=(UNIT,)))

    assert refusal.value.cause == LINE
    assert refusal.value.remedy == "fix the MachineConfig"


def test_an_existing_problem_is_not_refused_even_if_its_line_moves(
    folder: str, stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages.today = Node(refused={"a.service": [LINE]})
    stages.then = Node(refused={"a.service": [LINE.replace(":2:", ":7:")]})

    assert validate_manifest(folder, stages, monkeypatch, manifest(units=(UNIT,))) == []


def test_a_masked_unit_is_not_validated(
    folder: str, stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages.then = Node(refused={"a.service": ["Unit a.service is masked."]})
    given = manifest(units=(unit("a.service", mask=True),))

    assert validate_manifest(folder, stages, monkeypatch, given) == []
    assert not stages.opened


def test_a_drop_in_validates_its_unit(
    folder: str, stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages.then = Node(refused={"a.service": [LINE]})
    given = manifest(units=(unit("a.service", dropins=[{"name": "b.conf", "contents": "x"}]),))

    with pytest.raises(NodeError, match="Unknown key"):
        validate_manifest(folder, stages, monkeypatch, given)


def test_problems_of_all_kinds_are_reported_in_one_run(
    folder: str, disk: Path, stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages.then = Node(refused={"a.service": [LINE]})
    (disk / "link").symlink_to(disk)
    monkeypatch.setattr(immutable, "_flags", lambda path: 0x10 * path.endswith("/locked"))
    stranger = file(disk / "b") | {"user": "stranger"}
    files = file(disk / "link" / "c"), file(disk / "locked"), stranger

    with pytest.raises(NodeError) as refusal:
        validate_manifest(folder, stages, monkeypatch, manifest(*files, units=(UNIT,)))

    for problem in (
        "/b requires the user stranger",
        "/link/c is below a symbolic link",
        "/locked cannot be changed: it is immutable",
        LINE,
        "chattr -i",
    ):
        assert problem in refusal.value.cause


def test_a_missing_user_of_keys_is_reported_once_beside_other_problems(
    folder: str, stages: Stages
) -> None:
    stages.cause = "no second root"
    refused = {**file(Path("/etc/a")), "user": "nobody-else"}
    given = {**manifest(refused, keys=("k",)), "user": "nobody-at-all"}
    wanted, problems = desired_state.read(given), Problems()

    with problems.collected():
        compare.of_disk(wanted)
    validation.collect(problems, wanted, Record(machine_id=""), folder)
    with pytest.raises(NodeError) as refusal:
        problems.raise_if_any()

    assert refusal.value.remedy == "fix each of these"
    assert refusal.value.cause.count("who does not exist on this node (add the user") == 1
    assert refusal.value.cause.count("nobody-at-all, who") == 1
    assert refusal.value.remedy not in refusal.value.cause


def test_a_consequence_of_an_unwritable_path_is_not_reported(
    folder: str, disk: Path, stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = disk / "link" / "tool"
    (disk / "link").symlink_to(disk)
    stages.then = Node(refused={"a.service": [f"Command {tool} is not executable", LINE]})

    with pytest.raises(NodeError) as refusal:
        validate_manifest(folder, stages, monkeypatch, manifest(file(tool), units=(UNIT,)))

    assert "not executable" not in refusal.value.cause
    assert LINE in refusal.value.cause


def test_a_node_without_overlays_is_updated_with_a_warning(
    folder: str, stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages.cause = "mount: /tmp: permission denied."

    [warning] = validate_manifest(folder, stages, monkeypatch, manifest(units=(UNIT,)))

    assert warning == f"units and config files were not validated before the change: {stages.cause}"


def test_a_check_that_cannot_run_does_not_replace_the_others(
    folder: str, disk: Path, stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(_paths: list[str], _view: View) -> list[str]:
        raise CheckUnavailableError("findfs timed out after 30 seconds")

    def find(_paths: list[str], view: Tools) -> list[str]:
        return ["it is bad"] if view.node is stages.then else []

    known = ((str(disk / "slow"), hang), (str(disk / "bad"), find))
    monkeypatch.setattr(by_path, "KNOWN", known)
    slow, bad = file(disk / "slow"), file(disk / "bad")

    [warning] = validate_manifest(folder, stages, monkeypatch, manifest(slow))

    assert warning.endswith("validated before the change: findfs timed out after 30 seconds")
    for files in ((slow, bad), (bad, slow)):
        with pytest.raises(NodeError, match="it is bad"):
            validate_manifest(folder, stages, monkeypatch, manifest(*files))


def test_a_node_without_namespaces_is_reported_with_the_reason(
    folder: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = desired_state.read(manifest(file(disk / "a")))
    monkeypatch.setattr(overlay, "_HOLDER", ["sh", "-c", "echo unshare: not permitted; exit 1"])

    with (
        pytest.raises(CheckUnavailableError, match="unshare: not permitted"),
        overlay.opened(changes.of(given, Record(machine_id=""), folder)),
    ):
        pass


def test_a_node_without_unshare_is_reported(
    folder: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = desired_state.read(manifest(file(disk / "a")))
    monkeypatch.setattr(overlay, "_HOLDER", ["/nowhere/unshare"])

    with (
        pytest.raises(CheckUnavailableError, match="/nowhere/unshare"),
        overlay.opened(changes.of(given, Record(machine_id=""), folder)),
    ):
        pass


def test_a_forced_apply_is_validated_without_differences(
    folder: str, disk: Path, stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    (disk / "a").write_bytes(b"ours")
    (disk / "a").chmod(0o644)
    tried: list[str] = []
    monkeypatch.setattr(immutable, "validate", tried.extend)
    monkeypatch.setattr(validation, "AS_IT_IS", Tools(stages.today))
    wanted = desired_state.read(manifest(file(disk / "a")))

    validation.validate(wanted, Record(machine_id=""), folder)
    assert tried == []

    validation.validate(dataclasses.replace(wanted, forced=True), Record(machine_id=""), folder)
    assert tried == [str(disk / "a")]
