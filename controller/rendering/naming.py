"""The name of a rendered MachineConfig, which depends on what it does to a node alone.

The SHA-256 of the config as JSON with sorted keys, no white space, and every list whose order means
nothing sorted; its first 16 hexadecimal digits follow `rendered-<pool>-`.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from controller.api.names import RENDERED_PREFIX

_DIGITS: Final = 16
_SORTED_BY: Final = {"files": "path", "units": "name", "dropins": "name", "users": "name"}


def name(pool: str, config: Mapping[str, Any], kernel_arguments: tuple[str, ...]) -> str:
    """`rendered-<pool>-<hash>`: the same content has the same name everywhere and always."""
    content = {"config": _ordered(config), "kernelArguments": list(kernel_arguments)}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{RENDERED_PREFIX}{pool}-{digest[:_DIGITS]}"


def _ordered(value: Any, member: str = "") -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, Mapping):
        return {key: _ordered(each, key) for key, each in value.items()}
    if isinstance(value, list):
        items = [_ordered(each) for each in value]
        key = _SORTED_BY.get(member)
        return sorted(items, key=lambda item: str(item[key])) if key else items
    return value
