"""A failed step is blamed on the login only if the login is the cause."""

from collections.abc import Callable
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure

from tests.unit.roles.plugins import plugin

QUIET = """\
machineconfig-login user admin
machineconfig-login python /usr/bin/python3 3.11 complete
machineconfig-login end
"""
NOISY = f"{{hello\n{QUIET}"
LOST = AnsibleConnectionFailure("Data could not be sent to the host: Success")
UNREAD = {"failed": True, "msg": "Module result deserialization failed", "module_stdout": ""}
ENDED = {
    "an alarm": {**UNREAD, "rc": 142},
    "a kill": {**UNREAD, "rc": 137},
    "a traceback": {**UNREAD, "rc": 1, "module_stderr": "Traceback"},
}


def step(
    module: Callable[[], dict[str, Any]], printed: str = QUIET, step: str = "status"
) -> Callable[..., Any]:
    """Return a task with this module, on a node whose login prints this to the probe."""
    made = plugin(
        "machineconfig_step",
        {"step": step},
        _used_interpreter="#!/usr/bin/python3",
        _execute_module=lambda **_: module(),
        _is_pipelining_enabled=lambda _: True,
        _low_level_execute_command=lambda script, **_: {
            "rc": 0,
            "stdout": printed if "machineconfig-login" in script else "",
            "stderr": "",
        },
    )
    run: Callable[..., Any] = made.run
    return run


def test_a_lost_connection_is_reported_as_such_even_if_the_profile_prints_text() -> None:
    def lost() -> dict[str, Any]:
        raise LOST

    with pytest.raises(AnsibleConnectionFailure, match="could not be sent"):
        step(lost, printed=NOISY)(task_vars={})


@pytest.mark.parametrize("answer", ENDED.values(), ids=ENDED)
def test_a_module_that_ends_without_an_answer_keeps_its_own_message(answer: dict[str, Any]) -> None:
    found = step(lambda: answer, printed=NOISY)(task_vars={})

    assert found == answer


def test_profile_text_that_hides_an_answer_is_reported() -> None:
    found = step(lambda: {**UNREAD, "rc": 0}, printed=NOISY)(task_vars={})

    assert "prints text at each login: {hello" in found["cause"]


def test_verify_reports_the_desired_and_the_found_values() -> None:
    mode = {"name": "/a", "path": "/a", "what": "mode", "detail": "mode 0644 wanted, 0600 found"}
    gone = {"name": "/b", "path": "/b", "what": "missing", "detail": ""}
    verify = plugin("machineconfig", {"demanded": True})

    found = verify._difference({"differences": [mode, gone], "rebooted": False})  # noqa: SLF001 - the task's result

    assert found["cause"] == (
        "these still differ after the apply: /a (mode 0644 wanted, 0600 found), /b (missing)"
    )


def test_verify_names_the_rollback_rather_than_its_effects() -> None:
    verify = plugin("machineconfig", {"demanded": True})
    gone = {"name": "/b", "path": "/b", "what": "missing", "detail": ""}
    compared = {"differences": [gone], "rolled_back": "the watchdog rolled it back"}

    found = verify._difference(compared)  # noqa: SLF001 - the task's result

    assert found["cause"] == "the watchdog rolled it back"
    assert "apply_confirm_timeout" in found["remedy"]


@pytest.mark.parametrize(
    ("first_answer", "locked_out"),
    [
        pytest.param("boot-3", True, id="not before the boot after the rollback"),
        pytest.param("boot-2", False, id="in the boot that was rolled back"),
    ],
)
def test_a_run_that_polled_until_the_rollback_knows_whether_it_was_let_in(
    first_answer: str, *, locked_out: bool
) -> None:
    refusal = {"failed": True, "unconfirmed": True, "boot_id": "boot-2"}
    verify = plugin("machineconfig", {"demanded": True}, _step=lambda *_, **__: refusal)
    reboot = {"previous_boot_id": "boot-1", "boot_id": first_answer}

    found = verify._compare_and_apply({}, None, {"reboot_done": reboot})  # noqa: SLF001 - the task's result

    assert bool(found.get("locked_out")) is locked_out


LATER: dict[str, Any] = {"preflight_found": {"awaits_confirmation": False}}


@pytest.mark.parametrize(
    ("name", "task_vars", "rolls_back"),
    [
        pytest.param("services", LATER, True, id="it may have restarted sshd"),
        pytest.param("confirm", LATER, False, id="nothing was pending"),
        pytest.param("confirm", {**LATER, "actions_done": {"changed": True}}, True, id="restarted"),
        pytest.param("confirm", {**LATER, "reboot_done": {"changed": True}}, True, id="rebooted"),
        pytest.param("health", LATER, False, id="it was confirmed"),
    ],
)
def test_a_run_that_resumes_pending_actions_reports_that_the_node_rolls_back(
    name: str, task_vars: dict[str, Any], *, rolls_back: bool
) -> None:
    def refused() -> dict[str, Any]:
        raise AnsibleConnectionFailure("Connection refused")

    found = step(refused, step=name)(task_vars=task_vars)

    assert ("by itself when its watchdog expires" in found["remedy"]) is rolls_back
