"""Decide which actions a restore requires under the policy, and restore the originals."""

from __future__ import annotations

from typing import Any

from ansible.plugins.loader import action_loader

Result = dict[str, Any]


class ActionModule(action_loader.get("machineconfig", class_only=True)):  # type: ignore[misc]
    """Apply an empty config: comparing, deciding and applying are the same."""

    step = "restore"

    def _answer(self, task_vars: Result | None) -> Result:
        """Return the originals and the required actions, and whether the node was changed."""
        paths = self._task.args.get("paths")
        self.step = "restore_paths" if paths else "restore"
        try:
            policy = self._policy()
        except (OSError, ValueError) as error:
            return {"failed": True, "msg": str(error), "cause": str(error)}
        return dict(self._compare_and_apply({"paths": paths or []}, policy, task_vars))
