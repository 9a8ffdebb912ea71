"""The pools that somebody may mean who has typed the beginning of a name."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import typer

from controller.api.defaults import POOLS
from controller.api.names import BOOT_USER
from controller.cli.kubectl_mc import inputs, live
from controller.cli.kubectl_mc.ending import CommandError
from controller.cli.kubectl_mc.inputs import STANDARD_INPUT
from controller.cli.kubectl_mc.printing import printable
from controller.review.review import review

_PATIENCE: Final = 2  # seconds


def pool_names(context: typer.Context, incomplete: str) -> list[str]:
    """The pools that may be meant: the default ones, and those of the files or the cluster."""
    known = [*(pool.name for pool in POOLS), *_pools_given(context.params)]
    return [printable(name) for name in dict.fromkeys(known) if name.startswith(incomplete)]


def _pools_given(parameters: Mapping[str, Any]) -> list[str]:
    # A shell that waits for a candidate waits for nothing that fails, and for no standard input.
    files = [each for each in parameters.get("files") or () if each != STANDARD_INPUT]
    where = parameters.get("kubeconfig"), parameters.get("context")
    with suppress(CommandError):
        if not files:
            return live.pool_names(*where, timeout=_PATIENCE)
        found = inputs.read_files(files, recursive=bool(parameters.get("recursive")))
        return [pool.name for pool in review(found, BOOT_USER).pools]
    return []
