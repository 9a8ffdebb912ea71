"""Shell completion of the names of pools and nodes."""

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
from controller.cli.kubectl_mc.terminal.console import escaped
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.validation.review import review

_TIMEOUT: Final = 2  # seconds


def complete_pool(context: typer.Context, incomplete: str) -> list[str]:
    """Return the default pools, and those of the files or the cluster."""
    return _matching(incomplete, _pools(context.params))


def complete_pool_or_node(context: typer.Context, incomplete: str) -> list[str]:
    """Return the pools, and the nodes of the cluster."""
    return _matching(incomplete, [*_pools(context.params), *_nodes(context.params)])


def complete_node(context: typer.Context, incomplete: str) -> list[str]:
    """Return the nodes of the cluster."""
    return _matching(incomplete, _nodes(context.params))


def _matching(incomplete: str, names: Iterable[str]) -> list[str]:
    return [escaped(name) for name in dict.fromkeys(names) if name.startswith(incomplete)]


def _pools(parameters: Mapping[str, Any]) -> list[str]:
    return [*(pool.name for pool in POOLS), *_existing_pools(parameters)]


def _existing_pools(parameters: Mapping[str, Any]) -> list[str]:
    # A shell waits for the candidates: errors are ignored, and standard input is not read.
    files = [path for path in parameters.get("files") or () if path != STANDARD_INPUT]
    with suppress(CommandError):
        if not files:
            return live_objects.pool_names(*_cluster(parameters), timeout=_TIMEOUT)
        documents = manifest_files.read_files(files, recursive=bool(parameters.get("recursive")))
        return [pool.name for pool in review(documents, BOOT_USER).pools]
    return []


def _nodes(parameters: Mapping[str, Any]) -> list[str]:
    with suppress(CommandError):
        return live_objects.node_names(*_cluster(parameters), timeout=_TIMEOUT)
    return []


def _cluster(parameters: Mapping[str, Any]) -> tuple[Path | None, str | None]:
    return parameters.get("kubeconfig"), parameters.get("context")
