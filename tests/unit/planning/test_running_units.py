"""The effects of a change on running units are known before it is applied."""

from typing import Any

import pytest

from controller.api.machine_configuration import Action
from controller.planning.running_units import effects_on_running_units
from controller.rendering.changes import changes
from controller.rendering.node_manifest import manifest
from tests.unit.rendering.build import units

STAYS = "if it runs, it keeps running until it is stopped by hand or the node reboots"
ACTIONS = {
    "Reboot": {"type": "Reboot"},
    "Restart": {"type": "Restart", "restart": {"serviceName": "a.service"}},
    "Restart of another": {"type": "Restart", "restart": {"serviceName": "b.service"}},
    "Reload": {"type": "Reload", "reload": {"serviceName": "a.service"}},
    "DaemonReload": {"type": "DaemonReload"},
}

A = {
    "name": "a.service",
    "contents": "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n",
}
TIMER = {"name": "a.timer", "contents": "[Timer]\nOnBootSec=1\n"}
OTHER_TIMER = {"name": "b.timer", "contents": "[Timer]\nOnBootSec=1\nUnit=a.service\n"}
TIMER_OF_ANOTHER = {"name": "a.timer", "contents": "[Timer]\nOnBootSec=1\nUnit=b.service\n"}
DROPIN = {"name": "a.service", "dropins": [{"name": "1.conf", "contents": "[Service]\n"}]}


def effects(before: list[dict[str, Any]], after: list[dict[str, Any]], *actions: str) -> list[str]:
    old, new = (
        manifest({"ignition": {"version": "3.4.0"}} | units(*each), "boot")
        for each in (before, after)
    )
    required = [Action.model_validate(ACTIONS[each]) for each in actions]
    return list(effects_on_running_units(changes(old, new), new, required))


@pytest.mark.parametrize(
    ("change", "action", "expected"),
    [
        ("masked", "Reboot", "is masked: if it runs, it ends with the reboot"),
        ("masked", "Restart", "is masked: if it runs, it is stopped"),
        ("masked", "Restart of another", f"is masked: {STAYS}"),
        ("masked", "Reload", f"is masked: {STAYS}"),
        ("masked", "DaemonReload", f"is masked: {STAYS}"),
        ("masked", "", f"is masked: {STAYS}"),
        ("disabled", "Reboot", "is disabled: if it runs, it ends with the reboot"),
        ("disabled", "Restart", "is disabled: if it runs, it is restarted"),
        ("disabled", "Reload", f"is disabled: {STAYS}"),
        ("disabled", "", f"is disabled: {STAYS}"),
        ("removed", "Reboot", "is removed, unless the node has its own: if it runs, it ends with"),
        (
            "removed",
            "Restart",
            "is removed, unless the node has its own: if it runs, it is stopped",
        ),
        ("removed", "", "is removed, unless the node has its own: if it runs, it is stopped"),
    ],
)
@pytest.mark.parametrize("before", [[], [A]], ids=["a unit of the distribution", "a managed unit"])
def test_a_unit_that_must_not_start_again_is_described(
    change: str, action: str, expected: str, before: list[dict[str, Any]]
) -> None:
    after = {
        "masked": [{"name": "a.service", "mask": True}],
        "disabled": [{**A, "enabled": False}],
        "removed": [],
    }[change]
    sentences = effects([A] if change == "removed" else before, after, *filter(None, [action]))

    assert len(sentences) == 1
    assert sentences[0].startswith(f"a.service {expected}")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param([], [A], id="a unit is added"),
        pytest.param([A], [{**A, "enabled": True}], id="it is enabled"),
        pytest.param([{**A, "enabled": False}], [{**A, "mask": None}], id="its mask is left alone"),
        pytest.param([DROPIN], [], id="a drop-in is removed"),
        pytest.param([{"name": "a.service", "mask": True}], [], id="a mask is removed"),
    ],
)
def test_other_changes_are_not_described(
    before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    assert effects(before, after, "DaemonReload") == []


@pytest.mark.parametrize(
    ("trigger", "stays"),
    [
        pytest.param(TIMER, True, id="with the same name"),
        pytest.param(OTHER_TIMER, True, id="that names the service"),
        pytest.param(TIMER_OF_ANOTHER, False, id="that names another service"),
        pytest.param({**A, "name": "b.service"}, False, id="a unit that is no trigger"),
    ],
)
def test_a_trigger_of_a_removed_service_is_named(
    trigger: dict[str, Any],
    stays: bool,  # noqa: FBT001 - what is expected
) -> None:
    sentences = effects([A, trigger], [trigger])

    expected = f"{trigger['name']} starts a.service and is stopped with it: remove it too"
    assert sentences[1:] == ([expected] if stays else [])
    assert len(effects([A, trigger], [])) == 2, "both are described if both are removed"
