"""Rendering: the MachineConfigs of a pool are merged into one, or refused."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from controller.api.machine_config import MachineConfig
from controller.ignition import merge, parse
from controller.rendering import naming
from controller.rendering.effect import effect
from controller.rendering.provenance import Provenance, item_at, provenance, with_conflicts
from controller.rendering.refusal import Problem, Refusal, in_config
from controller.rendering.rules import restrictions
from controller.rendering.rules.remedies import remedy as remedy_of
from controller.rendering.source import Source, read

# etcd's default limit of 1.5 MiB for an object, less room for metadata.
LARGEST: Final = 1_400_000
# The pool's status contains the name of each.
MOST: Final = 1000
# The additional bytes of characters that the API server stores escaped, as \u003c and so on.
_ESCAPED: Final = {"<": 5, ">": 5, "&": 5, "\u2028": 3, "\u2029": 3}


@dataclass(frozen=True)
class Rendered:
    """The rendered config of a pool; its name depends on its effect."""

    name: str
    config: dict[str, Any]
    kernel_arguments: tuple[str, ...]
    sources: tuple[str, ...]
    warnings: tuple[Refusal, ...]
    provenance: tuple[Provenance, ...]


def render(
    pool: str, machine_configs: Sequence[MachineConfig], boot_user: str
) -> Rendered | tuple[Refusal, ...]:
    """Merge `machine_configs`, in their order, into the rendered config of `pool`.

    Returns:
        The rendered config, or all reasons why there is none.
    """
    if not machine_configs:
        remedy = "label a MachineConfig so that its machineConfigSelector matches"
        return (Refusal(f"pool {pool}", "", "it selects no MachineConfig", remedy),)
    if len(machine_configs) > MOST:
        reason = f"it selects {len(machine_configs)} MachineConfigs, more than {MOST}"
        return (Refusal(f"pool {pool}", "", reason, "merge some of them"),)
    sources = [read(each, boot_user) for each in machine_configs]
    refusals = tuple(refusal for source in sources for refusal in source.refusals)
    return refusals or _merge(pool, sources, boot_user)


def _merge(pool: str, sources: Sequence[Source], boot_user: str) -> Rendered | tuple[Refusal, ...]:
    config = _with_defaults(merge(*(each.config for each in sources)))
    origins = provenance(sources)
    if refusals := tuple(_refusals_of_merged(config, sources, origins, boot_user)):
        return refusals
    arguments = tuple(argument for each in sources for argument in each.kernel_arguments)
    return Rendered(
        name=naming.name(pool, effect(config, boot_user), arguments),
        config=config,
        kernel_arguments=arguments,
        sources=tuple(each.name for each in sources),
        warnings=tuple(warning for each in sources for warning in each.warnings),
        provenance=origins,
    )


def _refusals_of_merged(
    config: dict[str, Any],
    sources: Sequence[Source],
    origins: Sequence[Provenance],
    boot_user: str,
) -> Iterator[Refusal]:
    """Yield refusals of the merged config, although each source is valid."""
    all_names = tuple(each.name for each in sources)
    size = stored_size(config)
    if size > LARGEST:
        reason = f"the rendered config has {size} bytes, more than {LARGEST}"
        remedy = "compress contents, or manage fewer files"
        yield Refusal(" + ".join(all_names), "spec.config", reason, remedy)
    of_item = {(each.item_type, each.name): each for each in origins}
    for path, reason, remedy in _problems(config, boot_user):
        item = item_at(config, path)
        related = (
            [of_item[each] for each in with_conflicts(item) if each in of_item] if item else []
        )
        names = {name for each in related for name in (*each.origin, *each.overrode)}
        involved = [name for name in all_names if name in names] or all_names
        where = f"{item[1]}, merged: " if item else "merged: "
        yield Refusal(" + ".join(involved), in_config(path), where + reason, remedy)


def _problems(config: dict[str, Any], boot_user: str) -> Iterator[Problem]:
    result = parse(json.dumps(config).encode())
    for entry in result.report:
        if entry.severity == "error":
            yield entry.path, entry.message, remedy_of(entry.path, entry.message, config)
    yield from restrictions.problems(result.config or {}, boot_user)


def stored_size(config: dict[str, Any]) -> int:
    """Return the size of this object in the API server, without metadata."""
    text = json.dumps(config, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode()) + sum(text.count(each) * more for each, more in _ESCAPED.items())


def _with_defaults(config: dict[str, Any]) -> dict[str, Any]:
    """Return the config with explicit defaults: a file without a source is empty."""
    files = config.get("storage", {}).get("files", [])
    if not files:
        return config
    return {**config, "storage": {**config["storage"], "files": [_file(each) for each in files]}}


def _file(file: dict[str, Any]) -> dict[str, Any]:
    contents = file.get("contents", {})
    overwrite = file.get("overwrite", contents.get("source") is not None)
    source = contents.get("source") or "data:,"
    return {**file, "overwrite": overwrite, "contents": {**contents, "source": source}}
