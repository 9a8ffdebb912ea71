"""How the findings of a check change the status of a node."""

from typing import Any

import pytest

from controller.api.machine_config_node import Drift, NodeState, Requests
from controller.api.names import FORCE_FILE, NOT_CHECKED, RESTORED
from controller.planning import node_status
from controller.planning.cordon_mark import digest
from controller.planning.drift import node_check, verdict
from controller.planning.drift.findings import Findings
from controller.planning.node import Node
from controller.planning.transition import Transition
from tests.unit.planning import build
from tests.unit.planning.build import NEW, NEWER, NOW, OLD, node

MACHINE = "of-this-machine"


def judged(seen: Node, **answer: Any) -> Transition:  # noqa: ANN401 - any member of an answer
    """Return the transition of a node with this answer."""
    found = Findings.of({"config": OLD, "machine_id": MACHINE, "differences": [], **answer})
    assert found is not None
    return verdict.verdict(seen, found, {OLD, NEW, NEWER, "rendered-gpu-secret"}, NOW)


def known(status: node_status.Status | None = None) -> Node:
    """Return a node whose machine ID is known."""
    machine = {"machine_id": MACHINE}
    return node("a", (status or build.done()).model_copy(update=machine))


def test_drift_contains_each_path_and_kind() -> None:
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


def test_drift_is_reported_once() -> None:
    differences = [{"path": "/etc/motd", "name": "/etc/motd", "what": "content"}]
    first = judged(known(), differences=differences)

    again = judged(known(first.status), differences=differences)

    assert (again.status, again.event_reason) == (first.status, "")


def test_drift_that_was_fixed_clears() -> None:
    change = judged(known(build.drifted()))

    assert (change.status.state, change.status.drift, change.event_reason) == (
        NodeState.DONE,
        (),
        "DriftCleared",
    )


@pytest.mark.parametrize(
    ("reported", "believed"),
    [
        pytest.param(NEW, True, id="another config of its pool"),
        pytest.param("rendered-gpu-secret", False, id="a config of another pool"),
        pytest.param("rendered-worker-unheard", False, id="an unknown one"),
    ],
)
def test_a_node_is_sent_only_configs_of_its_own_pool_whatever_it_reports(
    reported: str, *, believed: bool
) -> None:
    change = judged(known(), config=reported)

    assert change.status.current_config == (reported if believed else OLD)
    assert change.status.state is (NodeState.DONE if believed else NodeState.DEGRADED)


def test_findings_of_a_node_that_was_being_changed_have_no_effect() -> None:
    change = judged(known(), moved=True, differences=[{"path": "/a", "name": "a", "what": "mode"}])

    assert (change.status, change.event_reason) == (known().status, "")


def test_a_force_file_is_drift_and_requests_to_apply_again() -> None:
    change = judged(known(), forced=True)

    assert change.status.drift == (Drift(path=FORCE_FILE, kind="forceFile"),)
    assert known(change.status).forced


def test_a_reinstalled_machine_is_a_new_node() -> None:
    change = judged(known(), config="", machine_id="of-another")

    assert (change.status, change.event_reason) == (build.UNKNOWN, "Reinstalled")


RECORD = "/var/lib/machine-config/record.json"


def test_a_deleted_record_is_drift() -> None:
    gone = {"path": RECORD, "name": RECORD, "what": "missing"}
    change = judged(known(), config="", differences=[gone])

    assert change.message == f"drift: {RECORD} (missing)"


def test_a_record_without_a_config_is_drift() -> None:
    assert judged(known(), config="").message == f"drift: {RECORD} (on no config)"


GIVEN_BACK = {
    "cause": "admin restored all originals by hand at 2026-01-02 03:04:05 UTC, from rendered-a",
    "remedy": "run playbooks/update.yml by hand to manage the node again",
}
WHO_WHEN_WHAT = f"{GIVEN_BACK['cause']} ({GIVEN_BACK['remedy']})"


@pytest.mark.parametrize(
    "status",
    [build.done(), build.drifted(), build.failed(), build.rolled_back()],
    ids=["done", "drifted", "failed", "rolled back"],
)
def test_a_restore_by_hand_is_reported_with_who_when_and_the_remedy(
    status: node_status.Status,
) -> None:
    missing = {"path": "/etc/motd", "name": "/etc/motd", "what": "missing"}
    change = judged(known(status), config="", restored=GIVEN_BACK, differences=[missing])

    seen = known(change.status)
    assert change.event_reason == "Restored"
    assert change.status.reason == f"{WHO_WHEN_WHAT}; drift: /etc/motd (missing)"
    assert seen.restored
    assert not seen.in_update, "no update of it goes on"
    assert node_check.is_checked(seen), "checks go on"
    assert judged(seen, config="", restored=GIVEN_BACK, differences=[missing]).event_reason == ""


def test_a_restored_node_that_was_updated_by_hand_is_done() -> None:
    restored = known(judged(known(build.failed()), config="", restored=GIVEN_BACK).status)

    change = judged(restored, by_hand=True)

    assert (change.status.state, change.status.reason) == (NodeState.DONE, "")
    assert not known(change.status).restored


def test_a_restored_node_without_a_current_config_that_was_updated_by_hand_is_done() -> None:
    """The MachineConfigNode was lost, so that the current config is unknown."""
    new = known(build.working(NEW, before=""))
    restored = known(verdict.restored(new, WHO_WHEN_WHAT, NOW).status)
    assert restored.expected_config == NEW
    assert node_check.is_checked(restored)

    change = judged(restored, config=NEW, by_hand=True)

    assert (change.status.state, change.status.current_config) == (NodeState.DONE, NEW)


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        pytest.param(
            build.failed(NEW),
            {"config": NEW, "by_hand": True},
            ("ByHand", NodeState.DONE, NEW),
            id="updated to its target",
        ),
        pytest.param(
            build.failed(NEW),
            {"config": NEW, "by_hand": False},
            ("Done", NodeState.DONE, NEW),
            id="fixed, so that the update is verified",
        ),
        pytest.param(
            build.failed(NEW),
            {"config": NEWER, "by_hand": True},
            ("", NodeState.DEGRADED, OLD),
            id="updated to another config, so that its target is not applied again",
        ),
        pytest.param(
            build.failed(NEW),
            {"config": NEW, "by_hand": True, "settled": False},
            ("", NodeState.DEGRADED, OLD),
            id="applied, and not yet verified",
        ),
        pytest.param(
            build.failed(NEW),
            {"config": NEW, "differences": [{"path": "/a", "name": "/a", "what": "content"}]},
            ("", NodeState.DEGRADED, OLD),
            id="not in sync with its target",
        ),
        pytest.param(
            build.rolled_back(NEW),
            {"config": OLD, "by_hand": True},
            ("", NodeState.DEGRADED, OLD),
            id="rolled back, to a config that was applied by hand",
        ),
        pytest.param(
            build.failed(NEWER),
            {"config": NEW, "by_hand": False},
            ("", NodeState.DEGRADED, OLD),
            id="on the target before, applied by the controller",
        ),
    ],
)
def test_a_failed_node_is_done_once_an_administrator_has_fixed_it(
    status: node_status.Status, answer: dict[str, Any], expected: tuple[str, NodeState, str]
) -> None:
    change = judged(known(status), **answer)

    assert (change.event_reason, change.status.state, change.status.current_config) == expected
    if expected[1] is NodeState.DEGRADED:
        assert change.status == known(status).status, "its reason stands"


@pytest.mark.parametrize(
    ("answer", "event"),
    [
        pytest.param({"config": NEW, "by_hand": True}, "ByHand", id="updated by hand"),
        pytest.param({"config": NEW, "by_hand": False}, "Done", id="fixed by hand"),
        pytest.param({"config": "", "machine_id": "another"}, "Reinstalled", id="reinstalled"),
    ],
)
def test_a_node_that_was_fixed_by_hand_keeps_its_cordon_mark(
    answer: dict[str, Any], event: str
) -> None:
    marked = node_status.with_cordon_mark(build.failed(NEW), "mark")

    change = judged(known(marked), **answer)

    assert change.event_reason == event
    assert change.status.cordon_mark == digest("mark"), "so that a run takes the cordon away"


def test_only_a_config_that_was_applied_by_hand_is_reported_as_such() -> None:
    assert (
        judged(known(), config=NEW, by_hand=True).message
        == f"runs {NEW}, which was applied by hand"
    )

    found = judged(known(), config=NEW, by_hand=False)

    assert (found.event_reason, found.status.current_config) == ("UnrecordedUpdate", NEW)
    assert found.message == (
        f"runs {NEW}, by an unrecorded update; the last recorded one was to {OLD}"
    )


def test_a_config_with_the_same_effect_under_another_name_is_no_transition() -> None:
    digits = "0123456789abcdef"
    moved = known(build.done(f"rendered-infra-{digits}"))

    change = verdict.verdict(
        moved,
        Findings(config=f"rendered-worker-{digits}", machine_id=MACHINE, drift=()),
        {f"rendered-worker-{digits}"},
        NOW,
    )

    assert (change.event_reason, change.status.current_config) == ("", f"rendered-infra-{digits}")


def test_a_config_that_is_being_applied_by_hand_is_drift_until_it_is_verified() -> None:
    change = judged(known(), config=NEW, by_hand=True, settled=False)

    assert change.message == f"drift: {RECORD} (on {NEW}, not verified)"


LEFT = {"name": "/etc/motd", "cause": "it was changed", "remedy": "ask for it"}


@pytest.mark.parametrize("kind", [NOT_CHECKED, RESTORED, "not looked at", "restored by hand"])
@pytest.mark.parametrize("path", [RECORD, "/etc/motd"])
def test_kinds_of_drift_that_only_the_controller_sets_have_no_meaning_in_an_answer(
    path: str, kind: str
) -> None:
    change = judged(known(), differences=[{"path": path, "name": path, "what": kind}])

    seen = known(change.status)
    assert (seen.drifted, seen.rebuilt, seen.restored) == (True, False, False)
    assert change.message == f"drift: {path} ('{kind}', as the node reports)"


def test_originals_that_were_not_restored_are_reported_once_and_kept_in_the_status() -> None:
    change = judged(known(), unreturned=[LEFT])

    assert (change.event_reason, change.status.state) == ("NotRestored", NodeState.DONE)
    assert [each.name for each in change.status.unreturned] == ["/etc/motd"]
    again = judged(known(change.status), unreturned=[LEFT])
    assert (again.event_reason, again.status) == ("", change.status)
    assert judged(known(change.status)).status.unreturned == ()


def test_a_node_that_could_not_be_checked_keeps_its_drift_and_is_reported_once() -> None:
    first = verdict.not_checked(known(build.drifted()), "no route", NOW, NOW)
    assert first.status.state is NodeState.DEGRADED
    assert first.status.drift == build.drifted().drift
    assert first.message == "no route; last in sync at 2026-01-01 12:00:00 UTC"

    again = verdict.not_checked(known(first.status), "another cause", NOW, NOW)
    assert (again.status, again.event_reason) == (known(first.status).status, "")


def test_a_node_that_is_checked_again_is_reported() -> None:
    away = verdict.not_checked(known(), "no route", None, NOW)

    change = judged(known(away.status))

    assert (change.event_reason, change.status.reason) == ("CheckedAgain", "")
    assert not known(change.status).not_checked


@pytest.mark.parametrize(
    ("answer", "state", "config"),
    [
        pytest.param({}, NodeState.DONE, OLD, id="on the same config"),
        pytest.param({"config": NEW}, NodeState.DONE, NEW, id="on another one of its pool"),
        pytest.param(
            {"differences": [{"path": "/a", "name": "a", "what": "mode"}]},
            NodeState.DEGRADED,
            OLD,
            id="changed",
        ),
        pytest.param({"config": ""}, None, "", id="without a record, and so a new node"),
    ],
)
def test_a_node_whose_status_was_lost_gets_it_from_its_record(
    answer: dict[str, Any], state: NodeState | None, config: str
) -> None:
    lost = node("a", node_status.from_annotations("worker", OLD, Requests(recover="old"), NOW))
    assert (lost.drifted, lost.rebuilt) == (True, True), "until it was looked at"

    status = judged(lost, **answer).status

    assert (status.state, status.current_config) == (state, config)
    assert not node("a", status).rebuilt
    assert status.answered.recover == "old"
