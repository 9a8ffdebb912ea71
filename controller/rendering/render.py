"""The fold: the MachineConfigs of a pool become one rendered config, or reasons why not."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from controller.api.machine_config import MachineConfig
from controller.ignition import merge, parse
from controller.rendering import naming, restrictions
from controller.rendering.effect import effect
from controller.rendering.provenance import Provenance, around, item_at, provenance
from controller.rendering.refusal import Refusal, in_config
from controller.rendering.remedies import remedy
from controller.rendering.source import Source, read

# The API server takes no object above etcd's default limit of 1.5 MiB; room for metadata.
LARGEST: Final = 1_400_000
# The pool's status names each of them.
MOST: Final = 1000
# The API server escapes these in what it stores, as \u003c and so on: so many bytes more each.
_ESCAPED: Final = {"<": 5, ">": 5, "&": 5, "\u2028": 3, "\u2029": 3}


@dataclass(frozen=True)
class Rendered:
    """What every node of a pool is to be: an Ignition config under a name made of its effect."""

    name: str
    config: dict[str, Any]
    kernel_arguments: tuple[str, ...]
    sources: tuple[str, ...]
    warnings: tuple[Refusal, ...]
    provenance: tuple[Provenance, ...]


def render(
    pool: str, machine_configs: Sequence[MachineConfig], boot_user: str
) -> Rendered | tuple[Refusal, ...]:
    """Fold `machine_configs`, in their order, into the rendered config of `pool`.

    Returns:
        The rendered config, or every reason against it.
    """
    if not machine_configs:
        remedy = "label a MachineConfig so that its machineConfigSelector matches"
        return (Refusal(f"pool {pool}", "", "it selects no MachineConfig", remedy),)
    if len(machine_configs) > MOST:
        reason = f"it selects {len(machine_configs)} MachineConfigs, more than {MOST}"
        return (Refusal(f"pool {pool}", "", reason, "merge some of them"),)
    sources = [read(each, boot_user) for each in machine_configs]
    refusals = tuple(refusal for source in sources for refusal in source.refusals)
    return refusals or _fold(pool, sources, boot_user)


def _fold(pool: str, sources: Sequence[Source], boot_user: str) -> Rendered | tuple[Refusal, ...]:
    config = _defaults(merge(*(each.config for each in sources)))
    origins = provenance(sources)
    if refusals := tuple(_of_the_whole(config, sources, origins, boot_user)):
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


def _of_the_whole(
    config: dict[str, Any],
    sources: Sequence[Source],
    origins: Sequence[Provenance],
    boot_user: str,
) -> Iterator[Refusal]:
    """What only the fold shows: two configs, each well, that make one that is not."""
    everyone = tuple(each.name for each in sources)
    size = stored_size(config)
    if size > LARGEST:
        reason = f"the rendered config has {size} bytes, more than {LARGEST}"
        mend = "compress contents, or manage fewer files"
        yield Refusal(" + ".join(everyone), "spec.config", reason, mend)
    of_item = {(each.item_type, each.name): each for each in origins}
    for path, reason, mend in _problems(config, boot_user):
        item = item_at(config, path)
        about = [of_item[each] for each in around(item) if each in of_item] if item else []
        names = {name for each in about for name in (*each.origin, *each.overrode)}
        blamed = [name for name in everyone if name in names] or everyone
        where = f"{item[1]}, merged: " if item else "merged: "
        yield Refusal(" + ".join(blamed), in_config(path), where + reason, mend)


def _problems(config: dict[str, Any], boot_user: str) -> Iterator[restrictions.Problem]:
    result = parse(json.dumps(config).encode())
    for entry in result.report:
        if entry.severity == "error":
            yield entry.path, entry.message, remedy(entry.path, entry.message, config)
    yield from restrictions.problems(result.config or {}, boot_user)


def stored_size(config: dict[str, Any]) -> int:
    """How many bytes the API server needs to store this object, metadata apart."""
    text = json.dumps(config, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode()) + sum(text.count(each) * more for each, more in _ESCAPED.items())


def _defaults(config: dict[str, Any]) -> dict[str, Any]:
    """The config with what is left unset said: a file without a source is empty."""
    files = config.get("storage", {}).get("files", [])
    if not files:
        return config
    return {**config, "storage": {**config["storage"], "files": [_file(each) for each in files]}}


def _file(file: dict[str, Any]) -> dict[str, Any]:
    contents = file.get("contents", {})
    overwrite = file.get("overwrite", contents.get("source") is not None)
    source = contents.get("source") or "data:,"
    return {**file, "overwrite": overwrite, "contents": {**contents, "source": source}}
