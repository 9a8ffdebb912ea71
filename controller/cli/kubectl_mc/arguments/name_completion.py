"""The pools and nodes that somebody may mean who has typed the beginning of a name."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import typer

from controller.api.defaults import POOLS
from controller.api.names import BOOT_USER
from controller.cli.kubectl_mc.cluster import live_objects
from controller.cli.kubectl_mc.files import manifest_files
from controller.cli.kubectl_mc.files.manifest_files import STANDARD_INPUT
from controller.cli.kubectl_mc.terminal.console import printable
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.validation.review import review

_PATIENCE: Final = 2  # seconds


def pool_names(context: typer.Context, incomplete: str) -> list[str]:
    """The pools that may be meant: the default ones, and those of the files or the cluster."""
    return _beginning(incomplete, _pools(context.params))


def pool_and_node_names(context: typer.Context, incomplete: str) -> list[str]:
    """The pools that may be meant, and the nodes of the cluster."""
    return _beginning(incomplete, [*_pools(context.params), *_nodes(context.params)])


def node_names(context: typer.Context, incomplete: str) -> list[str]:
    """The nodes of the cluster that may be meant."""
    return _beginning(incomplete, _nodes(context.params))


def _beginning(incomplete: str, known: Iterable[str]) -> list[str]:
    return [printable(name) for name in dict.fromkeys(known) if name.startswith(incomplete)]


def _pools(parameters: Mapping[str, Any]) -> list[str]:
    return [*(pool.name for pool in POOLS), *_pools_given(parameters)]


def _pools_given(parameters: Mapping[str, Any]) -> list[str]:
    # A shell that waits for a candidate waits for nothing that fails, and for no standard input.
    files = [each for each in parameters.get("files") or () if each != STANDARD_INPUT]
    with suppress(CommandError):
        if not files:
            return live_objects.pool_names(*_where(parameters), timeout=_PATIENCE)
        found = manifest_files.read_files(files, recursive=bool(parameters.get("recursive")))
        return [pool.name for pool in review(found, BOOT_USER).pools]
    return []


def _nodes(parameters: Mapping[str, Any]) -> list[str]:
    with suppress(CommandError):
        return live_objects.node_names(*_where(parameters), timeout=_PATIENCE)
    return []


def _where(parameters: Mapping[str, Any]) -> tuple[Path | None, str | None]:
    return parameters.get("kubeconfig"), parameters.get("context")
