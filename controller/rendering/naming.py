"""The name of a rendered MachineConfig, which depends only on its effect on a node.

It is `rendered-<pool>-` and the first 16 hexadecimal digits of the SHA-256 of the effect as JSON,
in ASCII, with sorted keys, without white space. Unset and empty members are left out, so that new
members do not change existing names; so is the boot user if there are no keys.
"""

import hashlib
import json
from typing import Any, Final

from controller.api.names import RENDERED_PREFIX
from controller.rendering.effect import Effect

_DIGITS: Final = 16


def name(pool: str, effect: Effect, kernel_arguments: tuple[str, ...]) -> str:
    """Return `rendered-<pool>-<hash>`, which is the same for the same effect everywhere."""
    return f"{RENDERED_PREFIX}{pool}-{digest(effect, kernel_arguments)}"


def digest(effect: Effect, kernel_arguments: tuple[str, ...]) -> str:
    """Return the hash of an effect."""
    user = effect["user"] if effect["keys"] else None
    members = _without_empty({**effect, "user": user, "kernelArguments": list(kernel_arguments)})
    text = json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def same_effect(one: str, other: str) -> bool:
    """Whether two rendered MachineConfigs have the same effect, by their names."""
    digits = one.rpartition("-")[2]
    return len(digits) == _DIGITS and digits == other.rpartition("-")[2]


def pool_of(config: str) -> str:
    """Return the pool of a rendered MachineConfig by its name; empty for other names."""
    of, _, digits = config.removeprefix(RENDERED_PREFIX).rpartition("-")
    return of if config.startswith(RENDERED_PREFIX) and digits else ""


def _without_empty(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        members = ((key, _without_empty(each)) for key, each in value.items())
        return {key: each for key, each in members if each not in (None, "", [], {})}
    return [_without_empty(each) for each in value] if isinstance(value, list) else value
