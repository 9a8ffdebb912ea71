"""Return the state of the kubelet's unit, for the cause of a kubelet that is not back."""

from __future__ import annotations

from ansible.module_utils.machineconfig_node.base.module import Parameters, Result
from ansible.module_utils.machineconfig_node.systemd import kubelet_units


def check(_: Parameters) -> Result:
    """Return the states of the kubelets on this node, by unit."""
    return {"changed": False, "kubelets": kubelet_units.states()}


perform = check
