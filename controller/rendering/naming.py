"""The name of a rendered MachineConfig, which depends on what it does to a node alone.

It is `rendered-<pool>-` and the first 16 hexadecimal digits of the SHA-256 of the effect, which is
written as JSON with sorted keys, without white space, in ASCII. What is unset or empty is left out,
so that a member that comes later changes no name of today; so is the boot user of no keys.
"""

import hashlib
import json
from typing import Any, Final

from controller.api.names import RENDERED_PREFIX
from controller.rendering.effect import Effect

_DIGITS: Final = 16


def name(pool: str, effect: Effect, kernel_arguments: tuple[str, ...]) -> str:
    """`rendered-<pool>-<hash>`: the same effect has the same name everywhere and always."""
    return f"{RENDERED_PREFIX}{pool}-{digest(effect, kernel_arguments)}"


def digest(effect: Effect, kernel_arguments: tuple[str, ...]) -> str:
    """The hash alone."""
    user = effect["user"] if effect["keys"] else None
    said = _said({**effect, "user": user, "kernelArguments": list(kernel_arguments)})
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def same_effect(one: str, other: str) -> bool:
    """Whether two names of rendered MachineConfigs say that both do the same to a node."""
    digits = one.rpartition("-")[2]
    return len(digits) == _DIGITS and digits == other.rpartition("-")[2]


def pool_of(config: str) -> str:
    """The pool that a rendered MachineConfig of this name was made for; empty for other names."""
    of, _, digits = config.removeprefix(RENDERED_PREFIX).rpartition("-")
    return of if config.startswith(RENDERED_PREFIX) and digits else ""


def _said(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        members = ((key, _said(each)) for key, each in value.items())
        return {key: each for key, each in members if each not in (None, "", [], {})}
    return [_said(each) for each in value] if isinstance(value, list) else value
