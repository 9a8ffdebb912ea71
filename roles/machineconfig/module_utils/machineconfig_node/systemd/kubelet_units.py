"""The units on which the Node depends for being Ready: its kubelet and its container runtime."""

from __future__ import annotations

from typing import Iterable

from . import systemctl

# Of kubeadm, k3s, RKE2, k0s and MicroK8s.
_KUBELETS = (
    "kubelet.service",
    "k3s.service",
    "k3s-agent.service",
    "rke2-server.service",
    "rke2-agent.service",
    "k0scontroller.service",
    "k0sworker.service",
    "snap.microk8s.daemon-kubelite.service",
)
_RUNTIMES = ("containerd.service", "crio.service", "docker.service", "cri-docker.service")


def is_affected(units: Iterable[str]) -> bool:
    """Whether one of the units is a kubelet or a container runtime."""
    return not {*_KUBELETS, *_RUNTIMES}.isdisjoint(units)


def states() -> dict[str, str]:
    """Return the states of the kubelets that are installed on this node, by unit."""
    shown = systemctl.show(_KUBELETS, ("Id", "LoadState", "ActiveState", "SubState", "Result"))
    return {
        each["Id"]: _state(each)
        for each in shown
        if each.get("LoadState", "not-found") != "not-found"
    }


def _state(unit: dict[str, str]) -> str:
    if unit["LoadState"] == "masked":
        return "masked"
    state = f"{unit['ActiveState']} ({unit['SubState']})"
    return state if unit["Result"] in {"", "success"} else f"{state}, {unit['Result']}"
