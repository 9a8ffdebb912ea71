"""Wait for the node's kubelet; if it does not come back, return why, with the state of its unit."""

from __future__ import annotations

from typing import Any

from ansible.plugins.loader import action_loader
from controller.heartbeat import KubeletError, await_kubelet
from controller.kubectl_proxy import ApiError, kubectl_proxy

Result = dict[str, Any]
_API_TIMEOUT = 10  # seconds
_API_REMEDY = "check the API server; the verification is retried"


class ActionModule(action_loader.get("machineconfig_step", class_only=True)):  # type: ignore[misc]
    """A task that only reads the cluster, and of a node without its kubelet the unit's state."""

    def _step_name(self) -> str:
        return "kubelet"

    def _answer(self, task_vars: Result | None) -> Result:
        """Return nothing once the kubelet is back; the task fails if it is not in time."""
        given = self._task.args
        try:
            with kubectl_proxy(_API_TIMEOUT) as api:
                await_kubelet(api.get, given["node"], given["renewed_before"], given["timeout"])
        except ApiError as error:
            cause = f"the API server does not answer for the Node: {error}"
            return {**_failed(cause, _API_REMEDY), "transient": True}
        except KubeletError as error:
            return self._explain(str(error), task_vars)
        return {"changed": False}

    def _explain(self, cause: str, task_vars: Result | None) -> Result:
        found: Result = self._execute_module(
            module_name="machineconfig_step", module_args={"step": "kubelet"}, task_vars=task_vars
        )
        units: dict[str, str] = found.get("kubelets", {})
        states = "; ".join(f"{unit} is {state}" for unit, state in sorted(units.items()))
        names = " ".join(f"-u {unit}" for unit in sorted(units)) or "-u kubelet.service"
        remedy = (
            f"check `journalctl {names} -b` on the node; "
            "a corrected MachineConfig is applied at once, without another drain"
        )
        return _failed(f"{cause}; {states}" if states else cause, remedy)


def _failed(cause: str, remedy: str) -> Result:
    return {"failed": True, "changed": False, "msg": cause, "cause": cause, "remedy": remedy}
