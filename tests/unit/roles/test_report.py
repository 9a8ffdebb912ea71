"""The last lines of a run report what was done, the pending actions and the next command."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

_PLUGIN = Path(__file__).parents[3] / "roles/report/action_plugins/report.py"

RESTART = {"type": "Restart", "restart": {"serviceName": "a.service"}}
COMPARED: dict[str, Any] = {
    "pending": True,
    "config": "old",
    "wanted": "new",
    "differences": [{"kind": "file", "name": "/etc/a", "path": "/etc/a", "what": "content"}],
    "owed_differences": [],
    "unreturned": [],
    "actions": [RESTART],
    "drain": False,
}
CHANGED = {"name": "/etc/b", "cause": "somebody has changed it", "remedy": "ask for it"}
FAILURE = {"task": "Apply", "result": {"cause": "disk full", "remedy": "make room", "msg": "m"}}


def gone(path: str) -> dict[str, str]:
    return {"kind": "file", "name": path, "path": path, "what": "no longer managed"}


CHECKED = {**COMPARED, "moved": False, "forced": False}


def report_lines(*, check_mode: bool = False, **phases: Any) -> list[str]:  # noqa: ANN401 - results
    """Return the lines for the registered results of the phases."""
    spec = importlib.util.spec_from_file_location("report", _PLUGIN)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.lines("w-1", phases, check_mode=check_mode))


def test_an_update_reports_the_nodes_config_and_what_was_done() -> None:
    lines = report_lines(
        of="update",
        preflight=COMPARED,
        apply=COMPARED,
        actions={"done": [RESTART]},
        reboot={"previous_boot_id": "b1", "boot_id": "b2"},
        verify={"wanted": "new"},
        health={"ailing": ["b.service failed (exit-code 1), as before the change"]},
        cluster_found=False,
    )

    assert lines == [
        "w-1 runs new; no actions are pending",
        "changed: /etc/a (content)",
        "done: Restart a.service",
        "rebooted: from boot b1 to boot b2",
        "b.service failed (exit-code 1), as before the change",
        "cordon, drain and uncordon were skipped: no cluster is reachable",
    ]


def test_an_update_in_check_mode_reports_what_would_be_done() -> None:
    lines = report_lines(of="update", apply={**COMPARED, "drain": True}, check_mode=True)

    assert lines == [
        "w-1 would change from old to new; nothing was changed",
        "would change: /etc/a (content)",
        "would follow: Restart a.service",
        "would be cordoned and drained first, if the cluster is reachable",
    ]


def test_a_node_that_matches_has_nothing_to_do() -> None:
    there = {**COMPARED, "pending": False, "actions": [], "differences": [], "config": "new"}

    assert report_lines(of="update", preflight=there, check_mode=True) == [
        "w-1 runs new; there is nothing to do"
    ]


def test_a_failure_reports_cause_remedy_state_and_the_next_command() -> None:
    lines = report_lines(
        of="update",
        failure=FAILURE,
        preflight={**COMPARED, "drain": True},
        apply=COMPARED,
        rollback={"changed": True, "settled": False, "config": "old"},
        cluster_found=True,
    )

    assert lines == [
        "w-1: update FAILED at: Apply",
        "cause: disk full",
        "remedy: make room",
        "rolled back: w-1 runs old again",
        "w-1 may still be cordoned; playbooks/uncordon.yml removes the cordon",
        "next: fix the cause, then run playbooks/update.yml again; it resumes from here",
    ]


@pytest.mark.parametrize(
    ("phases", "state"),
    [
        pytest.param({}, "nothing was changed on w-1", id="before the apply"),
        pytest.param({"apply": COMPARED}, "w-1 was left as it is", id="after the apply"),
        pytest.param(
            {"apply": COMPARED, "rollback": {"failed": True, "cause": "no space"}},
            "the rollback failed too: no space",
            id="in the rollback",
        ),
    ],
)
def test_the_state_after_a_failure_is_reported(
    phases: dict[str, Any],
    state: str,
) -> None:
    assert state in report_lines(of="update", failure=FAILURE, **phases)


def test_a_cause_is_the_modules_own_or_the_last_line_of_a_command() -> None:
    failed = {"task": "Evict", "result": {"stderr": "first\nlast\n", "msg": "m"}}

    assert "cause: last" in report_lines(of="drain", failure=failed)


def test_all_of_several_causes_are_reported() -> None:
    failed = {"task": "Compare", "result": {"cause": "one path\nanother path", "msg": "m"}}

    assert "cause: one path; another path" in report_lines(of="apply", failure=failed)


def test_a_restore_reports_what_was_restored_what_was_not_and_the_pending_actions() -> None:
    restored = {
        **COMPARED,
        "wanted": "",
        "differences": [],
        "owed_differences": [gone("/etc/a"), gone("/etc/b")],
        "unreturned": [CHANGED],
    }
    status = {
        "owed": "pending actions: Restart a.service",
        "owes": True,
        "awaits_confirmation": False,
    }

    assert report_lines(of="restore", restore=restored, status=status) == [
        "w-1: originals restored, except those listed below; it ran old and runs no config now",
        "restored: /etc/a",
        "not restored: /etc/b (somebody has changed it); ask for it",
        "controllers do not update it until playbooks/update.yml is run by hand",
        "w-1: pending actions: Restart a.service",
        "next: the same command with -e restore_actions=true performs them",
    ]


BY_PATH = {**COMPARED, "by_path": True, "differences": [], "wanted": "old", "unknown": []}


def test_a_restore_of_one_path_reports_that_the_node_keeps_its_config() -> None:
    restored = {**BY_PATH, "owed_differences": [gone("/etc/a")]}
    status = {"owed": "no actions are pending", "owes": False, "awaits_confirmation": False}

    assert report_lines(of="restore", restore=restored, status=status) == [
        "w-1 still runs old",
        "restored: /etc/a",
        "w-1: no actions are pending",
    ]
    assert report_lines(of="restore", restore=restored, check_mode=True) == [
        "w-1 would still run old; nothing was changed",
        "would restore: /etc/a",
        "would follow: Restart a.service",
    ]


def test_a_path_without_an_original_is_reported() -> None:
    restored = {**BY_PATH, "pending": False, "owed_differences": [], "unknown": ["/etc/typo"]}

    assert "not restored, since no original is kept: /etc/typo" in report_lines(
        of="restore", restore=restored
    )


def test_an_original_that_could_not_be_restored_is_reported_with_cause_and_remedy() -> None:
    restored = {
        **COMPARED,
        "differences": [],
        "owed_differences": [gone("/etc/a"), gone("/etc/b")],
        "unreturned": [{"name": "/etc/b", "cause": "it is immutable", "remedy": "unlock it"}],
    }

    first, *rest = report_lines(of="restore", restore=restored)

    assert first.startswith("w-1: originals restored, except those listed below")
    assert rest[:2] == [
        "restored: /etc/a",
        "not restored: /etc/b (it is immutable); unlock it",
    ]


def test_keys_of_a_deleted_user_are_not_reported_as_restored() -> None:
    orphaned = {"kind": "sshkey", "name": "boot", "path": "", "what": "its user is gone"}

    lines = report_lines(
        of="apply", apply={**COMPARED, "differences": [], "owed_differences": [orphaned]}
    )

    assert lines == [
        "w-1: apply succeeded",
        "nothing to restore, since the user does not exist: SSH keys of boot",
    ]


def test_an_unconfirmed_change_reports_how_to_confirm_it() -> None:
    status = {"owed": "no actions are pending", "owes": False, "awaits_confirmation": True}

    assert report_lines(of="apply", apply=COMPARED, status=status)[-1] == (
        "next: playbooks/confirm.yml; else the node rolls back by itself"
    )


def test_a_check_names_the_differences() -> None:
    assert report_lines(of="check", check=CHECKED)[:2] == [
        "w-1 differs from new",
        "differs: /etc/a (content)",
    ]
    assert report_lines(of="check", check={**CHECKED, "differences": []}) == ["w-1 matches new"]


def test_a_check_reports_no_result_for_a_node_that_was_being_changed() -> None:
    assert report_lines(of="check", check={**CHECKED, "differences": [], "moved": True}) == [
        "w-1 was being changed during the check, so there is no result",
        "next: run playbooks/check.yml again",
    ]


def test_a_check_reports_a_force_file() -> None:
    assert report_lines(of="check", check={**CHECKED, "differences": [], "forced": True}) == [
        "w-1 has a force file: the next update applies everything and reboots the node",
        "w-1 matches new",
    ]


def test_of_many_paths_the_first_are_named_and_the_others_counted() -> None:
    many = [{**COMPARED["differences"][0], "path": f"/etc/{number}"} for number in range(12)]

    assert report_lines(of="check", check={**CHECKED, "differences": many})[11] == "differs: 2 more"


def test_a_forced_update_reports_it_even_without_differences() -> None:
    forced = {**COMPARED, "differences": [], "owed_differences": [], "forced": True}

    assert report_lines(of="update", preflight=forced, apply=forced, verify={"wanted": "new"}) == [
        "w-1 runs new; no actions are pending",
        "applied everything again because of the force file",
    ]
    assert report_lines(of="update", apply=forced, check_mode=True)[1] == (
        "would apply everything again because of the force file"
    )


BLOCKED: dict[str, Any] = {
    "task": "Evict the pods of the node",
    "result": {
        "cause": "the drain waits for shop/web (PodDisruptionBudget shop/web)",
        "remedy": "scale it up",
        "msg": "m",
        "blockers": [
            {"pod": "shop/web", "message": "shop/web needs 2 healthy pods", "remedy": "scale it up"}
        ],
    },
}


def test_a_blocked_drain_reports_the_cause_and_the_remedy_of_each_pod() -> None:
    lines = report_lines(of="update", failure=BLOCKED, preflight={**COMPARED, "drain": True})

    assert lines[2:5] == [
        "waits for shop/web: shop/web needs 2 healthy pods",
        "remedy: scale it up",
        "nothing was changed on w-1",
    ]


def test_an_uncordoned_node_is_not_reported_as_cordoned() -> None:
    result = {**BLOCKED["result"], "gives_back": True}
    drained = {**COMPARED, "drain": True}
    failure = {**BLOCKED, "result": result}

    lines = report_lines(of="update", failure=failure, preflight=drained, cluster_found=True)

    assert "w-1 was uncordoned; evicted pods may return" in lines
    assert not any("may still be cordoned" in line for line in lines)


def test_an_update_in_check_mode_reports_what_would_block_its_drain() -> None:
    blockers = BLOCKED["result"]["blockers"]

    lines = report_lines(
        check_mode=True,
        of="update",
        preflight={**COMPARED, "drain": True},
        drain={"blockers": blockers, "evicted": ["shop/web"]},
    )

    assert "would evict: shop/web" in lines
    assert "waits for shop/web: shop/web needs 2 healthy pods" in lines
