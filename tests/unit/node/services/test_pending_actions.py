"""Each service action that is owed is done once, and can be taken back."""

from typing import Any

import pytest
from machineconfig_node.base.errors import NodeError
from machineconfig_node.record.node_record import PendingActions, Record, load
from machineconfig_node.services import pending_actions

from tests.unit.node.conftest import MACHINE_ID, Systemd

BOOT = "boot-1"
RELOAD = {"type": "DaemonReload"}
REBOOT = {"type": "Reboot"}


def restart(unit: str, **members: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of an action
    return {"type": "Restart", "restart": {"serviceName": unit}, **members}


def owing(*actions: dict[str, Any], daemon_reload: bool = False) -> Record:
    return Record(
        MACHINE_ID, debts=PendingActions(BOOT, list(actions), daemon_reload=daemon_reload)
    )


def debts(folder: str) -> PendingActions:
    found = load(folder).debts
    assert found is not None
    return found


def test_what_is_owed_is_done_in_order_and_owed_no_more(folder: str, units: Systemd) -> None:
    pending_actions.perform(folder, owing(restart("b.service"), restart("a.service")), BOOT)

    assert units.did == ["restart b.service", "restart a.service"]
    assert debts(folder).actions == []


def test_changed_unit_files_are_read_before_anything_is_restarted(
    folder: str, units: Systemd
) -> None:
    pending_actions.perform(folder, owing(restart("a.service"), daemon_reload=True), BOOT)

    assert units.did == ["daemon-reload", "restart a.service"]


def test_a_failure_leaves_that_service_and_the_rest_owed(folder: str, units: Systemd) -> None:
    units.broken = {"b.service"}
    owed = [restart(f"{name}.service") for name in "abc"]

    with pytest.raises(NodeError, match=r"b\.service"):
        pending_actions.perform(folder, owing(*owed), BOOT)

    assert debts(folder).actions == owed[1:]


def test_a_reboot_that_is_owed_does_all_of_it(folder: str, units: Systemd) -> None:
    assert pending_actions.perform(folder, owing(restart("a.service"), REBOOT), BOOT) == []
    assert units.did == []


def test_what_is_begun_is_known_before_it_ends_however_it_does(folder: str, units: Systemd) -> None:
    units.running, units.broken = {"a.service"}, {"a.service"}

    with pytest.raises(NodeError):
        pending_actions.perform(folder, owing(restart("a.service"), daemon_reload=True), BOOT)

    assert debts(folder).done == [
        RELOAD | {"active": True},
        restart("a.service", active=True),
    ]


def test_how_a_service_stood_is_not_forgotten_when_a_run_tries_it_again(
    folder: str, units: Systemd
) -> None:
    units.running, units.broken = {"a.service"}, {"a.service"}
    record = owing(restart("a.service"))
    for _ in range(2):
        with pytest.raises(NodeError):
            pending_actions.perform(folder, record, BOOT)

    assert debts(folder).done == [restart("a.service", active=True)]


def test_on_the_way_back_one_service_that_fails_stops_no_other(folder: str, units: Systemd) -> None:
    units.broken = {"a.service"}
    record = owing(restart("a.service", active=True), restart("ssh.service", active=True))

    failed = pending_actions.perform_after_rollback(folder, record, BOOT)

    assert "a.service" in failed[0]
    assert units.running == {"ssh.service"}
    assert debts(folder).actions == [restart("a.service", active=True)]


def test_on_the_way_back_a_service_that_has_failed_too_often_gets_another_start(
    folder: str, units: Systemd
) -> None:
    pending_actions.perform_after_rollback(folder, owing(restart("ssh.service", active=True)), BOOT)

    assert units.did == ["reset-failed ssh.service", "restart ssh.service"]


def test_on_the_way_back_a_service_that_did_not_run_is_stopped(folder: str, units: Systemd) -> None:
    units.running = {"a.service"}

    pending_actions.perform_after_rollback(folder, owing(restart("a.service", active=False)), BOOT)

    assert units.running == set()


def test_a_unit_that_a_config_takes_away_is_started_again_by_who_goes_back(
    folder: str, units: Systemd
) -> None:
    units.running = {"a.service"}

    pending_actions.stop_removed(folder, owing(*pending_actions.stopping(["a.service"])))

    assert units.running == set()
    assert debts(folder).actions == []
    assert debts(folder).done == [restart("a.service", active=True)]


@pytest.mark.parametrize(
    ("stands", "action", "done"),
    [
        pytest.param("masked running", "Restart", "stop reset-failed", id="masked: it is stopped"),
        pytest.param(
            "masked-runtime running", "Restart", "stop reset-failed", id="masked by others"
        ),
        pytest.param("masked running", "Reload", "", id="masked: a reload leaves it to run"),
        pytest.param("masked", "Reload", "", id="masked, and there is nobody to ask"),
        pytest.param("disabled running", "Restart", "restart", id="disabled: it is restarted"),
        pytest.param("disabled", "Restart", "", id="disabled: it is not started"),
        pytest.param("disabled running", "Reload", "reload", id="disabled: it is reloaded"),
        pytest.param("disabled", "Reload", "", id="disabled, and there is nobody to ask"),
        pytest.param("enabled", "Restart", "restart", id="enabled: it is started"),
    ],
)
def test_what_a_config_masks_or_disables_is_not_started_by_an_action(
    folder: str,
    units: Systemd,
    stands: str,
    action: str,
    done: str,
) -> None:
    state, *runs = stands.split()
    units.units["a.service"] = state
    units.running = {"a.service"} if runs else set()
    record = owing({"type": action, action.lower(): {"serviceName": "a.service"}})
    record.units["a.service"] = {"before": "enabled", "enabled": state == "enabled"}

    pending_actions.perform(folder, record, BOOT)

    assert units.did == [f"{verb} a.service" for verb in done.split()]
    assert debts(folder).actions == []


@pytest.mark.parametrize("gone", [["a.service", "a.timer"], ["a.service"]])
def test_what_would_start_a_unit_that_is_gone_is_stopped_before_it_and_comes_back_with_it(
    folder: str, units: Systemd, gone: list[str]
) -> None:
    units.running = {"a.service", "a.timer"}
    units.triggers["a.service"] = ["a.timer"]

    pending_actions.stop_removed(folder, owing(*pending_actions.stopping(gone)))

    assert units.stopped[:2] == ["a.timer", "a.service"]
    assert units.running == set()
    assert [each["restart"]["serviceName"] for each in debts(folder).done if each["active"]] == [
        "a.service",
        "a.timer",
    ]


def test_a_unit_that_is_gone_does_not_stay_failed(folder: str, units: Systemd) -> None:
    pending_actions.stop_removed(folder, owing(*pending_actions.stopping(["a.timer"])))

    assert units.did == ["stop a.timer", "reset-failed a.timer"]


def test_a_stop_alone_has_no_unit_read_anew(folder: str, units: Systemd) -> None:
    pending_actions.perform(
        folder, owing(*pending_actions.stopping(["a.service"]), daemon_reload=True), BOOT
    )

    assert "daemon-reload" not in units.did


def test_a_unit_that_is_there_again_is_not_stopped_for_having_been_gone(
    folder: str, units: Systemd
) -> None:
    units.units["a.service"] = "disabled"

    pending_actions.perform(folder, owing(*pending_actions.stopping(["a.service"])), BOOT)

    assert units.stopped == []
    assert debts(folder).actions == []
