"""What a check makes of a node."""

from typing import Any

from controller.api.machine_config_node import Drift, NodeState
from controller.api.names import FORCE_FILE
from controller.planning import drift, progress
from controller.planning.change import Change
from controller.planning.drift import Findings
from controller.planning.snapshot import Node
from tests.unit.planning import build
from tests.unit.planning.build import NEW, NOW, OLD, node

MACHINE = "of-this-machine"


def judged(seen: Node, **answer: Any) -> Change:  # noqa: ANN401 - any member of an answer
    """What an answer makes of a node."""
    found = Findings.of({"config": OLD, "machine_id": MACHINE, "differences": [], **answer})
    assert found is not None
    return drift.verdict(seen, found, {OLD, NEW}, NOW)


def known(status: progress.Status | None = None) -> Node:
    """A node whose machine is known."""
    machine = {"machine_id": MACHINE}
    return node("a", (status or build.done()).model_copy(update=machine))


def test_drift_names_each_path_and_kind() -> None:
    change = judged(
        known(),
        differences=[
            {"path": "/etc/motd", "name": "/etc/motd", "what": "content, mode"},
            {"path": "", "name": "web.service", "what": "enablement"},
        ],
    )

    assert change.status.state is NodeState.DEGRADED
    assert change.message == "drift: /etc/motd (content, mode), web.service (enablement)"
    assert change.warning


def test_drift_that_stays_is_told_once() -> None:
    differences = [{"path": "/etc/motd", "name": "/etc/motd", "what": "content"}]
    first = judged(known(), differences=differences)

    again = judged(known(first.status), differences=differences)

    assert (again.status, again.event) == (first.status, "")


def test_drift_that_was_put_right_clears() -> None:
    change = judged(known(build.drifted()))

    assert (change.status.state, change.status.drift, change.event) == (
        NodeState.DONE,
        (),
        "DriftCleared",
    )


def test_of_a_node_that_was_being_changed_nothing_is_said() -> None:
    change = judged(known(), moved=True, differences=[{"path": "/a", "name": "a", "what": "mode"}])

    assert (change.status, change.event) == (known().status, "")


def test_the_force_file_is_seen_and_makes_the_node_one_to_be_applied_again() -> None:
    change = judged(known(), forced=True)

    assert change.status.drift == (Drift(path=FORCE_FILE, kind="force file"),)
    assert known(change.status).forced


def test_a_machine_that_was_installed_anew_is_a_new_node() -> None:
    change = judged(known(), config="", machine_id="of-another")

    assert (change.status, change.event) == (build.UNKNOWN, "Reinstalled")


RECORD = "/var/lib/machine-config/record.json"


def test_a_record_that_somebody_removed_is_drift() -> None:
    gone = {"path": RECORD, "name": RECORD, "what": "missing"}
    change = judged(known(), config="", differences=[gone])

    assert change.message == f"drift: {RECORD} (missing)"


def test_a_node_whose_originals_were_given_back_by_hand_is_on_no_config() -> None:
    assert judged(known(), config="").message == f"drift: {RECORD} (on no config)"


def test_a_node_that_could_not_be_looked_at_is_unknown_once_and_keeps_what_was_found() -> None:
    first = drift.unseen(known(build.drifted()), "no route", NOW, NOW)
    assert first.status.state is NodeState.DEGRADED
    assert first.status.drift == build.drifted().drift
    assert first.message == "no route; last seen right at 2026-01-01 12:00:00 UTC"

    again = drift.unseen(known(first.status), "another cause", NOW, NOW)
    assert (again.status, again.event) == (known(first.status).status, "")


def test_a_node_that_is_seen_again_says_so() -> None:
    away = drift.unseen(known(), "no route", None, NOW)

    change = judged(known(away.status))

    assert (change.event, change.status.reason) == ("CheckedAgain", "")
    assert not known(change.status).unseen
