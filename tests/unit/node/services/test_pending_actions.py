"""Each pending service action is performed once, and can be rolled back."""

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


def test_pending_actions_are_performed_in_order_and_removed(folder: str, units: Systemd) -> None:
    pending_actions.perform(folder, owing(restart("b.service"), restart("a.service")), BOOT)

    assert units.did == ["restart b.service", "restart a.service"]
    assert debts(folder).actions == []


def test_a_daemon_reload_precedes_every_restart(folder: str, units: Systemd) -> None:
    pending_actions.perform(folder, owing(restart("a.service"), daemon_reload=True), BOOT)

    assert units.did == ["daemon-reload", "restart a.service"]


def test_a_failure_keeps_that_action_and_the_rest_pending(folder: str, units: Systemd) -> None:
    units.broken = {"b.service"}
    expected = [restart(f"{name}.service") for name in "abc"]

    with pytest.raises(NodeError, match=r"b\.service"):
        pending_actions.perform(folder, owing(*expected), BOOT)

    assert debts(folder).actions == expected[1:]


def test_a_pending_reboot_covers_all_actions(folder: str, units: Systemd) -> None:
    assert pending_actions.perform(folder, owing(restart("a.service"), REBOOT), BOOT) == []
    assert units.did == []


def test_an_action_is_recorded_before_it_is_performed(folder: str, units: Systemd) -> None:
    units.running, units.broken = {"a.service"}, {"a.service"}

    with pytest.raises(NodeError):
        pending_actions.perform(folder, owing(restart("a.service"), daemon_reload=True), BOOT)

    assert debts(folder).done == [
        RELOAD | {"active": True},
        restart("a.service", active=True),
    ]


def test_a_retry_keeps_the_first_state_of_a_service(folder: str, units: Systemd) -> None:
    units.running, units.broken = {"a.service"}, {"a.service"}
    record = owing(restart("a.service"))
    for _ in range(2):
        with pytest.raises(NodeError):
            pending_actions.perform(folder, record, BOOT)

    assert debts(folder).done == [restart("a.service", active=True)]


def test_in_a_rollback_a_failing_service_stops_no_other(folder: str, units: Systemd) -> None:
    units.broken = {"a.service"}
    record = owing(restart("a.service", active=True), restart("ssh.service", active=True))

    failed = pending_actions.perform_after_rollback(folder, record, BOOT)

    assert "a.service" in failed[0]
    assert units.running == {"ssh.service"}
    assert debts(folder).actions == [restart("a.service", active=True)]


def test_in_a_rollback_a_service_that_failed_too_often_is_started_again(
    folder: str, units: Systemd
) -> None:
    pending_actions.perform_after_rollback(folder, owing(restart("ssh.service", active=True)), BOOT)

    assert units.did == ["reset-failed ssh.service", "restart ssh.service"]


def test_in_a_rollback_a_service_that_was_not_running_is_stopped(
    folder: str, units: Systemd
) -> None:
    units.running = {"a.service"}

    pending_actions.perform_after_rollback(folder, owing(restart("a.service", active=False)), BOOT)

    assert units.running == set()


def test_a_rollback_restarts_a_unit_that_the_config_removed(folder: str, units: Systemd) -> None:
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
        pytest.param("masked", "Reload", "", id="masked, and it is not running"),
        pytest.param("disabled running", "Restart", "restart", id="disabled: it is restarted"),
        pytest.param("disabled", "Restart", "", id="disabled: it is not started"),
        pytest.param("disabled running", "Reload", "reload", id="disabled: it is reloaded"),
        pytest.param("disabled", "Reload", "", id="disabled, and it is not running"),
        pytest.param("enabled", "Restart", "restart", id="enabled: it is started"),
    ],
)
def test_a_masked_or_disabled_unit_is_not_started_by_an_action(
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
def test_the_triggers_of_a_removed_unit_are_stopped_first_and_restarted_by_a_rollback(
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


def test_a_removed_unit_does_not_stay_failed(folder: str, units: Systemd) -> None:
    pending_actions.stop_removed(folder, owing(*pending_actions.stopping(["a.timer"])))

    assert units.did == ["stop a.timer", "reset-failed a.timer"]


def test_a_stop_alone_causes_no_daemon_reload(folder: str, units: Systemd) -> None:
    pending_actions.perform(
        folder, owing(*pending_actions.stopping(["a.service"]), daemon_reload=True), BOOT
    )

    assert "daemon-reload" not in units.did


def test_a_unit_that_exists_again_is_not_stopped(folder: str, units: Systemd) -> None:
    units.units["a.service"] = "disabled"

    pending_actions.perform(folder, owing(*pending_actions.stopping(["a.service"])), BOOT)

    assert units.stopped == []
    assert debts(folder).actions == []
