"""The settings of a drain, by hand and for the controller."""

import dataclasses
import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from ansible.plugins.action import ActionBase

from controller.api.drain import DrainSettings
from controller.api.machine_config_node import Blocker, BlockReason
from controller.drain.attempt import NotCordonedError, Outcome
from controller.kubectl_proxy import ApiError

_PLUGIN = Path(__file__).parents[3] / "roles/drain/action_plugins/drain.py"
STUCK = Outcome((), (Blocker(pod="shop/web", reason=BlockReason.FINALIZER),), stuck=True)
_JINJA = "{{ lookup('pipe', 'touch /tmp/evaluated') }}"


def plugin(**arguments: Any) -> Any:  # noqa: ANN401 - the plugin of a task with these arguments
    spec = importlib.util.spec_from_file_location("drain", _PLUGIN)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = module.ActionModule.__new__(module.ActionModule)
    made._task = SimpleNamespace(args=arguments, check_mode=False)  # noqa: SLF001 - as Ansible does
    return made


def saved(file: Path, name: str, **drain: Any) -> str:  # noqa: ANN401 - any setting
    """Save an object as kubectl prints it, and return the path."""
    file.write_text(json.dumps({"metadata": {"name": name}, "spec": {"drain": drain}}))
    return str(file)


def settings(**arguments: Any) -> DrainSettings:  # noqa: ANN401 - any argument
    found = plugin(**arguments)._settings()  # noqa: SLF001 - the task's input
    assert isinstance(found, DrainSettings)
    return found


def test_the_tasks_settings_override_the_pools_and_those_override_the_clusters(
    tmp_path: Path,
) -> None:
    pool = saved(tmp_path / "pool", "worker", timeout="2h", emptyDirData="Block")
    policy = saved(tmp_path / "policy", "cluster", timeout="3h", onBlocked="GiveBack")

    found = settings(pool=pool, policy=policy, settings={"emptyDirData": "Delete"})

    assert (found.timeout, found.empty_dir_data, found.on_blocked) == ("2h", "Delete", "GiveBack")
    assert settings() == DrainSettings()


def test_a_misspelt_setting_is_refused_before_anything_is_deleted() -> None:
    with pytest.raises(ValueError, match=r"emptydirData is not a drain setting \(valid: empty"):
        settings(settings={"emptydirData": "Block"})


def test_user_content_in_a_rule_is_not_evaluated(tmp_path: Path) -> None:
    rule = {"podSelector": {"matchLabels": {"app": _JINJA}}, "behavior": "Skip"}

    [found] = settings(pool=saved(tmp_path / "pool", "worker", rules=[rule])).rules

    assert found.pod_selector.match_labels == {"app": _JINJA}


@pytest.mark.parametrize(
    ("reason", "requested", "on_blocked", "gives_back"),
    [
        (BlockReason.FINALIZER, False, "Wait", False),
        (BlockReason.FINALIZER, False, "GiveBack", True),
        (BlockReason.FINALIZER, True, "Wait", True),
        (BlockReason.GRACE_PERIOD, False, "GiveBack", False),
        (BlockReason.WAIT_COMPLETED, False, "GiveBack", False),
        (BlockReason.GRACE_PERIOD, True, "Wait", True),
    ],
)
def test_a_node_is_uncordoned_after_the_timeout_or_at_once_if_no_pod_makes_progress(
    reason: BlockReason, on_blocked: str, *, requested: bool, gives_back: bool
) -> None:
    outcome = Outcome((), (Blocker(pod="shop/web", reason=reason),), stuck=True)
    wanted = DrainSettings.model_validate({"onBlocked": on_blocked})

    assert plugin(gives_back=requested)._gives_back(wanted, outcome) is gives_back  # noqa: SLF001 - same


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(dataclasses.replace(STUCK, evicted=("shop/cart",)), id="it has evicted a pod"),
        pytest.param(dataclasses.replace(STUCK, stuck=False), id="other pods are on their way"),
    ],
)
def test_a_drain_that_makes_progress_is_not_given_up(outcome: Outcome) -> None:
    wanted = DrainSettings.model_validate({"onBlocked": "GiveBack"})

    assert not plugin()._gives_back(wanted, outcome)  # noqa: SLF001 - same


def test_a_node_that_is_not_ready_for_pods_stays_cordoned_in_any_case() -> None:
    outcome = STUCK
    wanted = DrainSettings.model_validate({"onBlocked": "GiveBack"})

    kept = plugin(gives_back=True, keeps=True)

    assert not kept._gives_back(wanted, outcome)  # noqa: SLF001 - same


@pytest.mark.parametrize(
    ("error", "arguments", "gives_back"),
    [
        (ApiError("no answer"), {}, False),
        (ApiError("no answer"), {"gives_back": True}, True),
        (ApiError("no answer"), {"gives_back": True, "keeps": True}, False),
        (ValueError("no such setting"), {"gives_back": True}, True),
        (NotCordonedError("w-1 is not cordoned"), {}, True),
    ],
)
def test_a_failed_drain_uncordons_the_node_after_the_timeout_or_if_a_user_has_uncordoned_it(
    error: Exception, arguments: dict[str, Any], *, gives_back: bool
) -> None:
    found = failed_with(error, **arguments)

    assert found["failed"]
    assert str(error) in found["cause"]
    assert found["gives_back"] is gives_back


def test_a_user_who_uncordons_a_node_during_its_drain_learns_how_to_hold_it() -> None:
    found = failed_with(NotCordonedError("somebody has uncordoned w-1"))

    hold = "kubectl annotate node w-1 machineconfiguration.alauda.io/hold=true"
    assert hold in found["remedy"]


ENDING = Outcome(("shop/web",), (Blocker(pod="shop/web", reason=BlockReason.GRACE_PERIOD),))


@pytest.mark.parametrize(
    ("outcome", "begins", "goes_on"),
    [
        pytest.param(ENDING, True, True, id="pods are on their way"),
        pytest.param(ENDING, False, False, id="the time is up"),
        pytest.param(STUCK, True, False, id="nothing moves"),
        pytest.param(Outcome((), ()), True, False, id="the node is free"),
    ],
)
def test_after_its_first_seconds_a_drain_reports_its_blockers_and_continues(
    outcome: Outcome, *, begins: bool, goes_on: bool
) -> None:
    found = ended_with(Mock(return_value=outcome), begins=begins)

    assert found.get("goes_on", False) is goes_on
    assert found.get("failed", False) is (bool(outcome.blockers) and not goes_on)
    assert [each["pod"] for each in found["blockers"]] == [each.pod for each in outcome.blockers]


def failed_with(error: Exception, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - any argument
    """Return the result of the task if the attempt ends with this error."""
    return ended_with(Mock(side_effect=error), **arguments)


def ended_with(attempt: Mock, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - any argument
    """Return the result of the task with this attempt."""
    made = plugin(node="w-1", timeout=60, **arguments)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ActionBase, "run", lambda *_: {})
        patch.setattr(made, "_attempt", attempt)
        found: dict[str, Any] = made.run()
    return found
