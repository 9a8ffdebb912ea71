"""The action plugins of the role `machineconfig`, as Ansible loads them."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

from ansible.plugins.loader import action_loader

_FOLDER = Path(__file__).parents[3] / "roles/machineconfig/action_plugins"


def plugin(name: str, arguments: dict[str, Any], **members: Any) -> Any:  # noqa: ANN401 - the plugin, with these members
    """Return the plugin of a task with these arguments; `members` replace its own."""
    action_loader.add_directory(str(_FOLDER))
    loaded = action_loader.get(name, class_only=True)
    made = loaded.__new__(loaded)
    task = SimpleNamespace(args=arguments, check_mode=False, async_val=0)
    made.__dict__.update({"_task": task, "_connection": MagicMock(), **members})
    return made
