"""The record contains the claim and the pending actions of a node."""

import dataclasses
import json
import re
import shlex
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.base.errors import NodeError
from machineconfig_node.manifest import desired_state
from machineconfig_node.record import node_record
from machineconfig_node.record.node_record import PendingActions, Record, load
from machineconfig_node.record.record_files import SCHEMA

from tests.unit.node.build import file, manifest
from tests.unit.node.conftest import MACHINE_ID

REBOOT = {"type": "Reboot"}
RELOAD = {"type": "DaemonReload"}


def restart(unit: str) -> dict[str, Any]:
    return {"type": "Restart", "restart": {"serviceName": unit}}


def owing(*actions: dict[str, Any], boot: str = "boot-1") -> Record:
    return Record(MACHINE_ID, debts=PendingActions(boot, list(actions)))


def test_a_node_without_a_record_has_no_pending_actions(folder: str) -> None:
    found = load(folder)

    assert (found.has_config, found.debts, found.serial, found.machine_id) == (
        False,
        None,
        0,
        MACHINE_ID,
    )


def test_a_record_is_read_as_it_was_written(folder: str) -> None:
    written = Record(
        MACHINE_ID,
        serial=7,
        run="run-1",
        fence=3,
        config="rendered-worker-a",
        paths={
            "/etc/a": {
                "kind": "file",
                "name": "/etc/a",
                "type": "file",
                "sha256": "0a",
                "mode": 0o644,
                "uid": 0,
                "gid": 0,
                "original": {"type": "absent"},
            }
        },
        units={"a.service": {"enabled": True}},
        keys={"user": "boot", "keys": ["k"]},
        debts=PendingActions("boot-1", [restart("a.service")], daemon_reload=True),
    )

    written.save(folder)

    assert load(folder) == written


@pytest.mark.parametrize("number", [3, 2**63, -5])
def test_the_fence_of_a_record_can_be_reset_as_the_security_page_describes(
    folder: str, number: int
) -> None:
    page = Path(__file__).parents[4] / "docs/security.md"
    [command] = re.findall(r"^sudo (flock .+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    absent = {"type": "absent"}
    name = '/etc/"fence": 8'
    mark = {**absent, "kind": "file", "name": name, "original": absent}
    written = Record(MACHINE_ID, serial=7, fence=number, paths={name: mark})
    written.save(folder)

    words = shlex.split(command.replace("/var/lib/machine-config", folder))
    subprocess.run(words, check=True)

    assert load(folder) == dataclasses.replace(written, fence=0)


def test_a_record_of_an_older_version_is_read_without_folders(folder: str) -> None:
    written = Record(MACHINE_ID, serial=7, config="rendered-worker-a")
    written.save(folder)
    path = Path(folder, "record.json")
    older = json.loads(path.read_text()) | {"schema": 3}
    del older["folders"]
    path.write_text(json.dumps(older))

    assert load(folder) == written


def test_a_record_is_readable_by_root_only(folder: str) -> None:
    Record(MACHINE_ID).save(folder)

    for path in Path(folder), Path(folder, "record.json"), Path(folder, "originals"):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077


def test_a_record_of_a_newer_version_is_refused_with_a_remedy(folder: str) -> None:
    Record(MACHINE_ID, schema=SCHEMA + 1).save(folder)

    with pytest.raises(NodeError, match=f"schema {SCHEMA + 1}.*newer version"):
        load(folder)


def test_a_record_and_its_originals_survive_a_new_machine_id_and_a_clone(
    folder: str, disk: Path
) -> None:
    motd = disk / "motd"
    motd.write_text("the original")
    given = desired_state.read(manifest(file(motd)))
    Transaction(folder, load(folder), given, "boot").run([])
    path = Path(folder, "record.json")
    path.write_text(path.read_text().replace(MACHINE_ID, "f" * 32))

    assert load(folder).config == given.config
    assert load(folder).machine_id == MACHINE_ID
    Transaction(folder, load(folder), desired_state.read(manifest()), "boot").run([])
    assert motd.read_text() == "the original"


@pytest.mark.parametrize("content", [None, b"", b"\xff"])
def test_a_record_survives_the_loss_of_the_machine_id(
    folder: str, disk: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    Record(MACHINE_ID, config="a").save(folder)
    lost = disk / "machine-id"
    if content is not None:
        lost.write_bytes(content)

    def opened(path: str, **options: Any) -> Any:  # noqa: ANN401 - as `open`
        return (lost if path == "/etc/machine-id" else Path(path)).open(**options)

    monkeypatch.setattr(node_record, "open", opened)

    assert (load(folder).config, load(folder).machine_id) == ("a", MACHINE_ID)


def test_only_the_run_that_claimed_last_may_change_the_node() -> None:
    found = Record(MACHINE_ID)
    found.claim("run-1", 1)
    found.require("run-1")
    found.claim("run-2", 1)

    found.require("run-2")
    with pytest.raises(NodeError, match="run-1 was superseded by run run-2"):
        found.require("run-1")


def test_a_node_that_was_never_claimed_cannot_be_changed() -> None:
    with pytest.raises(NodeError, match="superseded"):
        Record(MACHINE_ID).require("run-1")


def test_a_former_leader_cannot_claim_the_record() -> None:
    found = Record(MACHINE_ID)
    found.claim("run-1", 5)

    with pytest.raises(NodeError, match="4 is below the record's 5"):
        found.claim("run-2", 4)

    assert (found.run, found.fence) == ("run-1", 5)


@pytest.mark.parametrize("fence", [5, 6])
def test_the_leader_and_later_leaders_can_claim_the_record(fence: int) -> None:
    found = Record(MACHINE_ID, fence=5)

    found.claim("run-2", fence)

    assert (found.run, found.fence) == ("run-2", fence)


def test_a_newer_boot_completes_all_pending_actions() -> None:
    debts = PendingActions("boot-1", [REBOOT, restart("a.service")])

    assert debts.pending("boot-1") == [REBOOT, restart("a.service")]
    assert debts.pending("boot-2") == []


@pytest.mark.parametrize(
    ("before", "new", "expected"),
    [
        pytest.param([], [REBOOT], [REBOOT], id="nothing was pending"),
        pytest.param([REBOOT], [], [REBOOT], id="a change without actions"),
        pytest.param([REBOOT], [REBOOT], [REBOOT], id="no duplicates"),
        pytest.param(
            [restart("a.service")],
            [RELOAD, restart("a.service"), restart("b.service")],
            [restart("a.service"), RELOAD, restart("b.service")],
            id="earlier actions come first",
        ),
    ],
)
def test_pending_actions_add_up(
    before: list[dict[str, Any]], new: list[dict[str, Any]], expected: list[dict[str, Any]]
) -> None:
    found = owing(*before)

    found.add_pending("boot-1", new, daemon_reload=False)

    assert found.debts == PendingActions("boot-1", expected)


def test_pending_actions_of_an_earlier_boot_are_dropped() -> None:
    found = owing(REBOOT, boot="boot-1")

    found.add_pending("boot-2", [RELOAD], daemon_reload=False)

    assert found.debts == PendingActions("boot-2", [RELOAD])


def test_a_pending_daemon_reload_stays_until_it_is_performed() -> None:
    found = Record(MACHINE_ID)
    found.add_pending("boot-1", [restart("a.service")], daemon_reload=True)

    found.add_pending("boot-1", [restart("b.service")], daemon_reload=False)

    assert found.debts is not None
    assert found.debts.daemon_reload
