"""The last lines of a run say what was done, what is owed and what to do next."""

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


def said(*, check_mode: bool = False, **phases: Any) -> list[str]:  # noqa: ANN401 - results
    """Return the lines for what the phases have registered."""
    spec = importlib.util.spec_from_file_location("report", _PLUGIN)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.lines("w-1", phases, check_mode=check_mode))


def test_an_update_says_where_the_node_is_and_what_was_done() -> None:
    lines = said(
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


def test_an_update_in_check_mode_says_what_would_be_done() -> None:
    lines = said(of="update", apply={**COMPARED, "drain": True}, check_mode=True)

    assert lines == [
        "w-1 would change from old to new; nothing was changed",
        "would change: /etc/a (content)",
        "would follow: Restart a.service",
        "would be cordoned and drained first, if the cluster is reachable",
    ]


def test_a_node_that_is_there_has_nothing_to_do() -> None:
    there = {**COMPARED, "pending": False, "actions": [], "differences": [], "config": "new"}

    assert said(of="update", preflight=there, check_mode=True) == [
        "w-1 runs new; there is nothing to do"
    ]


def test_a_failure_says_cause_remedy_state_and_the_next_step() -> None:
    lines = said(
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
        pytest.param({"apply": COMPARED}, "w-1 was left as it is", id="after it"),
        pytest.param(
            {"apply": COMPARED, "rollback": {"failed": True, "cause": "no space"}},
            "the rollback failed too: no space",
            id="on the way back",
        ),
    ],
)
def test_the_state_after_a_failure_is_told(
    phases: dict[str, Any],
    state: str,
) -> None:
    assert state in said(of="update", failure=FAILURE, **phases)


def test_a_cause_is_our_own_words_or_the_last_ones_of_a_command() -> None:
    failed = {"task": "Evict", "result": {"stderr": "first\nlast\n", "msg": "m"}}

    assert "cause: last" in said(of="drain", failure=failed)


def test_of_several_causes_none_is_left_out() -> None:
    failed = {"task": "Compare", "result": {"cause": "one path\nanother path", "msg": "m"}}

    assert "cause: one path; another path" in said(of="apply", failure=failed)


def test_a_restore_says_what_came_back_what_was_left_and_what_is_owed() -> None:
    restored = {
        **COMPARED,
        "wanted": "",
        "differences": [],
        "owed_differences": [gone("/etc/a"), gone("/etc/b")],
        "unreturned": [CHANGED],
    }
    status = {"owed": "owes: Restart a.service", "owes": True, "awaits_confirmation": False}

    assert said(of="restore", restore=restored, status=status) == [
        "w-1: originals restored, except those listed below; it ran old and runs no config now",
        "restored: /etc/a",
        "not restored: /etc/b (somebody has changed it); ask for it",
        "controllers do not update it until playbooks/update.yml is run by hand",
        "w-1: owes: Restart a.service",
        "next: the same command with -e restore_actions=true performs them",
    ]


BY_PATH = {**COMPARED, "by_path": True, "differences": [], "wanted": "old", "unknown": []}


def test_a_restore_of_one_path_says_that_the_node_stays_on_its_config() -> None:
    restored = {**BY_PATH, "owed_differences": [gone("/etc/a")]}
    status = {"owed": "owes nothing", "owes": False, "awaits_confirmation": False}

    assert said(of="restore", restore=restored, status=status) == [
        "w-1 stays on old",
        "restored: /etc/a",
        "w-1: owes nothing",
    ]
    assert said(of="restore", restore=restored, check_mode=True) == [
        "w-1 would stay on old; nothing was changed",
        "would restore: /etc/a",
        "would follow: Restart a.service",
    ]


def test_a_path_of_which_no_original_is_kept_is_named() -> None:
    restored = {**BY_PATH, "pending": False, "owed_differences": [], "unknown": ["/etc/typo"]}

    assert "not restored, since no original is kept: /etc/typo" in said(
        of="restore", restore=restored
    )


def test_what_could_not_be_given_back_is_said_with_cause_and_remedy() -> None:
    restored = {
        **COMPARED,
        "differences": [],
        "owed_differences": [gone("/etc/a"), gone("/etc/b")],
        "unreturned": [{"name": "/etc/b", "cause": "it is immutable", "remedy": "unlock it"}],
    }

    first, *rest = said(of="restore", restore=restored)

    assert first.startswith("w-1: originals restored, except those listed below")
    assert rest[:2] == [
        "restored: /etc/a",
        "not restored: /etc/b (it is immutable); unlock it",
    ]


def test_keys_whose_user_was_deleted_are_not_said_to_be_given_back() -> None:
    orphaned = {"kind": "sshkey", "name": "boot", "path": "", "what": "its user is gone"}

    lines = said(of="apply", apply={**COMPARED, "differences": [], "owed_differences": [orphaned]})

    assert lines == [
        "w-1: apply succeeded",
        "nothing to restore, since the user does not exist: SSH keys of boot",
    ]


def test_a_change_that_awaits_its_confirmation_says_how_to_give_it() -> None:
    status = {"owed": "owes nothing", "owes": False, "awaits_confirmation": True}

    assert said(of="apply", apply=COMPARED, status=status)[-1] == (
        "next: playbooks/confirm.yml; else the node rolls back by itself"
    )


def test_a_check_names_what_differs() -> None:
    assert said(of="check", check=CHECKED)[:2] == [
        "w-1 differs from new",
        "differs: /etc/a (content)",
    ]
    assert said(of="check", check={**CHECKED, "differences": []}) == ["w-1 matches new"]


def test_a_check_says_nothing_of_a_node_that_was_being_changed() -> None:
    assert said(of="check", check={**CHECKED, "differences": [], "moved": True}) == [
        "w-1 was being changed during the check, so there is no result",
        "next: run playbooks/check.yml again",
    ]


def test_a_check_tells_of_a_force_file() -> None:
    assert said(of="check", check={**CHECKED, "differences": [], "forced": True}) == [
        "w-1 has a force file: the next update applies everything and reboots the node",
        "w-1 matches new",
    ]


def test_of_many_paths_the_first_are_named_and_the_others_counted() -> None:
    many = [{**COMPARED["differences"][0], "path": f"/etc/{number}"} for number in range(12)]

    assert said(of="check", check={**CHECKED, "differences": many})[11] == "differs: 2 more"


def test_a_forced_update_says_so_where_nothing_differed() -> None:
    forced = {**COMPARED, "differences": [], "owed_differences": [], "forced": True}

    assert said(of="update", preflight=forced, apply=forced, verify={"wanted": "new"}) == [
        "w-1 runs new; no actions are pending",
        "applied everything again because of the force file",
    ]
    assert said(of="update", apply=forced, check_mode=True)[1] == (
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


def test_a_blocked_drain_says_what_each_pod_waits_for_and_what_to_do() -> None:
    lines = said(of="update", failure=BLOCKED, preflight={**COMPARED, "drain": True})

    assert lines[2:5] == [
        "waits for shop/web: shop/web needs 2 healthy pods",
        "remedy: scale it up",
        "nothing was changed on w-1",
    ]


def test_a_node_that_was_given_back_is_not_said_to_be_cordoned() -> None:
    result = {**BLOCKED["result"], "gives_back": True}
    drained = {**COMPARED, "drain": True}
    failure = {**BLOCKED, "result": result}

    lines = said(of="update", failure=failure, preflight=drained, cluster_found=True)

    assert "w-1 was uncordoned; evicted pods may return" in lines
    assert not any("may still be cordoned" in line for line in lines)


def test_a_look_at_an_update_says_what_its_drain_would_wait_for() -> None:
    blockers = BLOCKED["result"]["blockers"]

    lines = said(
        check_mode=True,
        of="update",
        preflight={**COMPARED, "drain": True},
        drain={"blockers": blockers, "evicted": ["shop/web"]},
    )

    assert "would evict: shop/web" in lines
    assert "waits for shop/web: shop/web needs 2 healthy pods" in lines
