"""Each event changes the fields of a node's status that it is about, and no others."""

from datetime import timedelta

import pytest

from controller.api.drain import DrainSettings
from controller.api.machine_config_node import (
    Blocker,
    Drift,
    MachineConfigNodeStatus,
    NodeState,
    Phase,
)
from controller.planning import node_status
from tests.unit.planning import build
from tests.unit.planning.build import NEW, NOW, OLD, UNKNOWN, Status

LATER = NOW + timedelta(minutes=1)
CART = Blocker(pod="shop/cart-0", pod_disruption_budget="cart")
LONE = Blocker(pod="shop/lone", message="not managed by a controller")
MOTD = Drift(path="/etc/motd", kind="content, mode")


def test_a_new_target_makes_a_node_working_and_keeps_its_current_config() -> None:
    found = node_status.on_targeted(build.done(), "worker", NEW, NOW)

    assert (found.state, found.current_config, found.desired_config) == (
        NodeState.WORKING,
        OLD,
        NEW,
    )


def test_it_is_kept_whether_a_node_was_down_before_its_target() -> None:
    down = node_status.on_targeted(build.done(), "worker", NEW, NOW, ready=False)
    well = build.failed()

    assert down.down_before
    assert not build.working().down_before
    assert not node_status.on_done(down, "boot-2", NOW).down_before
    # The config has brought it down itself, and is applied once more.
    assert not node_status.on_targeted(well, "worker", NEW, LATER, ready=False).down_before
    assert node_status.on_targeted(well, "worker", OLD, LATER, ready=False).down_before


@pytest.mark.parametrize("before", [build.failed(), build.blocked(), build.drifted()])
def test_a_new_target_clears_blockers_drift_and_failures(before: Status) -> None:
    found = node_status.on_targeted(before, "worker", NEW, NOW)

    assert (found.reason, found.blocked_by, found.drift, found.last_failure) == ("", (), (), None)


@pytest.mark.parametrize("before", [build.working(), build.blocked(), build.failed()])
def test_a_done_node_runs_its_desired_config_without_blockers_drift_or_failure(
    before: Status,
) -> None:
    found = node_status.on_done(before, "boot-2", NOW)

    assert (found.state, found.current_config, found.desired_config) == (NodeState.DONE, NEW, NEW)
    assert (found.boot_id, found.phase, found.reason) == ("boot-2", Phase.IDLE, "")
    assert (found.blocked_by, found.drift, found.last_failure) == ((), (), None)


def test_a_new_phase_begins_now() -> None:
    assert node_status.on_phase_entered(build.working(), Phase.APPLY, LATER).phase_since == LATER


WELL = build.done().model_copy(update={"phase_since": NOW})


@pytest.mark.parametrize(
    "after",
    [
        node_status.on_checked(WELL, [Drift(path="/etc/motd", kind="content")], LATER),
        node_status.on_targeted(WELL, "worker", NEW, LATER),
        node_status.on_failed(build.working(), Phase.DRAIN, "no route", "", LATER),
    ],
    ids=["drifted", "targeted", "failed"],
)
def test_a_new_state_begins_now_though_the_phase_is_the_same(after: Status) -> None:
    assert after.phase_since == LATER


def test_a_new_target_begins_the_state_and_the_phase_anew() -> None:
    waiting = node_status.on_targeted(build.done(), "worker", NEW, NOW)
    after = node_status.on_targeted(waiting, "worker", OLD, LATER)

    assert (after.state_since, after.phase_since) == (LATER, LATER)


def test_a_retry_does_not_begin_the_state_of_a_failed_node_anew() -> None:
    failed = node_status.on_failed(build.working(), Phase.VERIFY, "no route", "", NOW)
    retried = node_status.on_phase_entered(failed, Phase.PREFLIGHT, LATER)
    again = node_status.on_failed(retried, Phase.VERIFY, "no route", "", LATER)

    assert (retried.state_since, retried.phase_since) == (NOW, LATER)
    assert (again.state_since, again.since) == (NOW, NOW)


def test_a_drain_is_one_drain_however_often_it_is_tried() -> None:
    tried = node_status.on_drain_blocked(build.blocked(), [CART], "", NOW)
    retried = node_status.on_phase_entered(tried, Phase.PREFLIGHT, LATER)
    drains = node_status.on_phase_entered(retried, Phase.DRAIN, LATER)

    assert (drains.phase_since, drains.since) == (LATER, tried.draining_since)


def test_the_time_of_a_status_from_an_earlier_version_is_kept() -> None:
    before = WELL.model_copy(update={"state_since": None})

    assert node_status.on_checked(before, [], LATER).state_since == NOW


def test_a_retried_phase_keeps_its_beginning() -> None:
    assert node_status.on_drain_blocked(build.blocked(), [CART], "", LATER).phase_since == NOW


@pytest.mark.parametrize(
    ("blockers", "reason"),
    [
        ([CART], "drain waits: shop/cart-0 (PodDisruptionBudget cart)"),
        ([LONE], "drain waits: shop/lone (not managed by a controller)"),
        (
            [CART, LONE],
            (
                "drain waits: shop/cart-0 (PodDisruptionBudget cart); "
                "shop/lone (not managed by a controller)"
            ),
        ),
        ([], "drain waits: it took too long"),
    ],
)
def test_a_blocked_drain_names_its_blockers_and_is_no_failure(
    blockers: list[Blocker], reason: str
) -> None:
    found = node_status.on_drain_blocked(build.working(), blockers, "it took\ntoo long", NOW)

    assert (found.reason, found.blocked_by) == (reason, tuple(blockers))
    assert (found.state, found.phase) == (NodeState.WORKING, Phase.DRAIN)


def test_a_node_beyond_the_drain_has_no_blockers() -> None:
    found = node_status.on_phase_entered(build.blocked(), Phase.APPLY, LATER)

    assert (found.reason, found.blocked_by) == ("", ())


def test_a_failure_degrades_the_node_with_phase_cause_and_remedy() -> None:
    found = node_status.on_failed(build.working(), Phase.VERIFY, "no\n route", "fix it", NOW)

    assert (found.state, found.reason) == (
        NodeState.DEGRADED,
        "Verify failed: no route (fix it)",
    )
    assert found.last_failure is not None
    assert (found.last_failure.config, found.last_failure.phase) == (NEW, Phase.VERIFY)
    assert (found.last_failure.cause, found.last_failure.remedy) == ("no route", "fix it")


@pytest.mark.parametrize("phase", [Phase.APPLY, Phase.REBOOT, Phase.VERIFY])
def test_an_apply_that_was_not_recorded_before_the_run_ended_is_finished(phase: Phase) -> None:
    assert node_status.on_interrupted(build.working(), phase, "silence", NOW).applied
    assert node_status.on_failed(build.working(), phase, "no route", "", NOW).applied


def test_a_rolled_back_apply_is_not_finished() -> None:
    assert not build.rolled_back().applied


def test_a_failure_without_a_remedy_has_no_empty_brackets() -> None:
    found = node_status.on_failed(build.working(), Phase.APPLY, "disk full", "", NOW)

    assert found.reason == "Apply failed: disk full"


def test_a_failure_before_the_first_phase_names_no_phase() -> None:
    found = node_status.on_failed(build.working(), Phase.IDLE, "no record", "", NOW)

    assert found.reason == "failed: no record"


def test_a_transient_cause_is_reported_and_the_node_stays_working() -> None:
    found = node_status.on_interrupted(build.working(), Phase.REBOOT, "unreachable", NOW)

    assert (found.state, found.reason, found.last_failure) == (
        NodeState.WORKING,
        "Reboot: unreachable",
        None,
    )


def test_an_interruption_before_the_first_phase_names_no_phase() -> None:
    found = node_status.on_interrupted(build.working(), Phase.IDLE, "unreachable", NOW)

    assert found.reason == "unreachable"


def test_drift_degrades_the_node_and_is_reported_by_path_and_kind() -> None:
    found = node_status.on_checked(build.done(), [MOTD, Drift(path="a.service", kind="mask")], NOW)

    assert (found.state, found.reason) == (
        NodeState.DEGRADED,
        "drift: /etc/motd (content, mode), a.service (mask)",
    )


def test_drift_clears_by_itself() -> None:
    found = node_status.on_checked(build.drifted(), [], LATER)

    assert (found.state, found.reason, found.drift) == (NodeState.DONE, "", ())


def test_a_check_changes_neither_config() -> None:
    found = node_status.on_checked(build.done(), [MOTD], NOW)

    assert (found.current_config, found.desired_config) == (OLD, OLD)


@pytest.mark.parametrize(
    "status",
    [
        node_status.on_failed(build.working(), Phase.APPLY, "x" * 5000, "y" * 5000, NOW),
        node_status.on_interrupted(build.working(), Phase.APPLY, "é" * 5000, NOW),
        node_status.on_drain_blocked(build.working(), [CART] * 500, "", NOW),
        node_status.on_checked(build.done(), [MOTD] * 500, NOW),
    ],
    ids=["failed", "interrupted", "waiting", "checked"],
)
def test_a_status_never_exceeds_the_limits_of_the_api_server(status: Status) -> None:
    assert MachineConfigNodeStatus.model_validate(status.to_api()) == status
    assert status.reason.endswith("…")


def test_a_reason_is_one_line() -> None:
    found = node_status.on_failed(build.working(), Phase.APPLY, "one\n\ntwo\tthree", "four\n", NOW)

    assert found.reason == "Apply failed: one two three (four )"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (UNKNOWN, ""),
        (build.done(), "Done"),
        (build.working(), "Working"),
        (build.failed(), "Degraded"),
    ],
)
def test_the_annotations_contain_state_configs_and_reason(status: Status, state: str) -> None:
    prefix = "machineconfiguration.alauda.io"

    assert node_status.as_annotations(status) == {
        f"{prefix}/state": state,
        f"{prefix}/reason": status.reason,
        f"{prefix}/currentConfig": status.current_config,
        f"{prefix}/desiredConfig": status.desired_config,
    }


@pytest.mark.parametrize("phase", [Phase.PREFLIGHT, Phase.CORDON, Phase.DRAIN])
def test_the_time_of_a_drain_counts_from_its_first_attempt_for_the_target(phase: Phase) -> None:
    drained = build.working(phase=Phase.DRAIN)

    again = node_status.on_phase_entered(drained, phase, LATER)

    assert node_status.on_drain_blocked(again, [CART], "", LATER).draining_since == NOW


@pytest.mark.parametrize(
    "ended",
    [
        pytest.param(
            node_status.on_phase_entered(build.blocked(), Phase.APPLY, LATER), id="drained"
        ),
        pytest.param(
            node_status.on_targeted(build.blocked(), "worker", NEW, LATER), id="a new target"
        ),
        pytest.param(node_status.on_done(build.blocked(), "", LATER), id="done"),
        pytest.param(build.failed(), id="failed"),
        pytest.param(build.drain_abandoned(), id="abandoned"),
    ],
)
def test_the_time_of_the_next_drain_counts_anew(ended: Status) -> None:
    assert ended.draining_since is None


def test_the_deadline_of_a_drain_follows_from_its_timeout() -> None:
    settings = DrainSettings(timeout="90m")

    assert node_status.drain_deadline(build.blocked(), settings) == NOW + timedelta(minutes=90)
    assert node_status.drain_deadline(build.done(), settings) is None


def test_an_abandoned_drain_degrades_the_node_and_keeps_its_blockers() -> None:
    pod = LONE.model_copy(update={"remedy": "delete it"})

    cause = "the drain waits for shop/lone (not managed by a controller)"
    found = node_status.on_drain_abandoned(build.blocked(), [pod], cause, "delete it", LATER)

    assert (found.state, found.blocked_by, found.applied) == (NodeState.DEGRADED, (pod,), False)
    assert found.reason == (
        "Drain failed: uncordoned again; the drain waits for shop/lone "
        "(not managed by a controller) (delete it)"
    )
    assert found.phase is Phase.IDLE, "it is drained no more"
    assert found.last_failure
    assert (found.last_failure.phase, found.last_failure.remedy) == (Phase.DRAIN, "delete it")


@pytest.mark.parametrize("phase", [Phase.IDLE, Phase.PREFLIGHT, Phase.CORDON, Phase.DRAIN])
def test_time_before_the_cordon_does_not_count_as_time_of_the_drain(
    phase: Phase,
) -> None:
    found = node_status.on_interrupted(build.blocked(), phase, "no answer", LATER)

    assert bool(found.draining_since) is (phase in {Phase.CORDON, Phase.DRAIN})


def test_an_unverified_apply_is_remembered_until_a_config_is_verified() -> None:
    targeted = node_status.on_targeted(build.failed(phase=Phase.VERIFY), "worker", NEW, LATER)
    blocked = node_status.on_drain_blocked(targeted, [LONE], "", LATER)

    assert blocked.between_configs
    assert node_status.on_targeted(blocked, "worker", NEW, LATER).between_configs
    assert not node_status.on_done(blocked, "", LATER).between_configs
    put_back = node_status.on_failed(blocked, Phase.APPLY, "disk full", "", LATER, rolled_back=True)
    assert not put_back.between_configs
    assert not node_status.on_targeted(build.blocked(), "worker", NEW, LATER).between_configs
