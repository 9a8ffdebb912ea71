"""Finds where a node is not as its MachineConfig says."""

from __future__ import annotations

from typing import Any

from ansible.plugins.loader import action_loader

Result = dict[str, Any]


class ActionModule(action_loader.get("machineconfig", class_only=True)):  # type: ignore[misc]
    """What is read, compared and decided is the same; whether it could be mended is not asked."""

    step = "check"

    def _looking(self) -> Result:
        given = self._task.args
        return {key: given[key] for key in ("full_read_after",) if key in given}
