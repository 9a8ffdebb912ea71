"""The state of the kubelet's unit, whatever distribution of Kubernetes it belongs to."""

import pytest
from machineconfig_node.systemd import kubelet_units, systemctl


def _unit(name: str, load: str = "loaded", active: str = "active", **more: str) -> dict[str, str]:
    found = {"Id": name, "LoadState": load, "ActiveState": active, "SubState": "running"}
    return {**found, "Result": "success", **more}


def test_the_states_of_installed_kubelets_are_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = [
        _unit("kubelet.service"),
        _unit("k3s.service", "not-found", "inactive"),
        _unit("k3s-agent.service", "masked", "inactive"),
        _unit("k0sworker.service", active="failed", SubState="failed", Result="exit-code"),
        {},
    ]
    monkeypatch.setattr(systemctl, "show", lambda *_: shown)

    assert kubelet_units.states() == {
        "kubelet.service": "active (running)",
        "k3s-agent.service": "masked",
        "k0sworker.service": "failed (failed), exit-code",
    }


@pytest.mark.parametrize(
    ("units", "affected"),
    [
        (["kubelet.service"], True),
        (["a.service", "containerd.service"], True),
        (["a.service", "ssh.service"], False),
        ([], False),
    ],
)
def test_a_change_of_the_kubelet_or_its_runtime_affects_the_node(
    units: list[str], *, affected: bool
) -> None:
    assert kubelet_units.is_affected(units) is affected
