"""The fold: the MachineConfigs of a pool become one rendered config, or reasons why not."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from controller.api.machine_config import MachineConfig
from controller.ignition import merge, parse
from controller.rendering import naming, support
from controller.rendering.refusal import Refusal, in_config

# The API server takes no object above 1.5 MiB from etcd's default limit; room for metadata.
LARGEST: Final = 1_400_000
# The pool's status names each of them.
MOST: Final = 1000


@dataclass(frozen=True)
class Rendered:
    """What every node of a pool is to be: an Ignition config under a name made of its content."""

    name: str
    config: dict[str, Any]
    kernel_arguments: tuple[str, ...]
    sources: tuple[str, ...]
    warnings: tuple[Refusal, ...]


def render(
    pool: str, sources: Sequence[MachineConfig], boot_user: str
) -> Rendered | tuple[Refusal, ...]:
    """Fold `sources`, in their order, into the rendered config of `pool`.

    Returns:
        The rendered config, or every reason against it.
    """
    if not sources:
        return (Refusal(f"pool {pool}", "", "it selects no MachineConfig"),)
    if len(sources) > MOST:
        reason = f"it selects {len(sources)} MachineConfigs, more than {MOST}"
        return (Refusal(f"pool {pool}", "", reason, "merge some of them"),)
    refusals = tuple(refusal for each in sources for refusal in _refusals(each, boot_user))
    if refusals:
        return refusals
    config = _defaults(merge(*(_parsed(each) for each in sources)))
    arguments = tuple(argument for each in sources for argument in each.spec.kernel_arguments)
    names = tuple(each.metadata.name for each in sources)
    warnings = tuple(warning for each in sources for warning in _warnings(each))
    name = naming.name(pool, config, arguments)
    rendered = Rendered(name, config, arguments, names, warnings)
    return tuple(_of_the_whole(rendered, boot_user)) or rendered


def _refusals(machine_config: MachineConfig, boot_user: str) -> Iterator[Refusal]:
    name = machine_config.metadata.name
    if machine_config.spec.kernel_arguments:
        reason = "kernel arguments are not supported yet"
        yield Refusal(name, "spec.kernelArguments", reason, "remove it")
    result = parse(_raw(machine_config), older=True)
    for entry in result.report:
        if entry.kind == "error":
            yield Refusal(name, in_config(entry.path), entry.message)
    if result.config is not None and result.valid:
        for path, reason, remedy in support.problems(result.config, boot_user):
            yield Refusal(name, in_config(path), reason, remedy)


def _warnings(machine_config: MachineConfig) -> Iterator[Refusal]:
    for entry in parse(_raw(machine_config), older=True).report:
        if entry.kind == "warning":
            yield Refusal(machine_config.metadata.name, in_config(entry.path), entry.message)


def _of_the_whole(rendered: Rendered, boot_user: str) -> Iterator[Refusal]:
    """What only the fold shows: two configs, each well, that make one that is not."""
    raw = json.dumps(rendered.config).encode()
    together = " + ".join(rendered.sources)
    if len(raw) > LARGEST:
        reason = f"the rendered config has {len(raw)} bytes, more than {LARGEST}"
        yield Refusal(together, "spec.config", reason, "compress contents, or manage fewer files")
    result = parse(raw)
    for entry in result.report:
        if entry.kind == "error":
            yield Refusal(together, in_config(entry.path), entry.message)
    for path, reason, remedy in support.problems(result.config or {}, boot_user):
        yield Refusal(together, in_config(path), reason, remedy)


def _parsed(machine_config: MachineConfig) -> dict[str, Any]:
    return parse(_raw(machine_config), older=True).config or {}


def _raw(machine_config: MachineConfig) -> bytes:
    return json.dumps(machine_config.spec.config or {"ignition": {"version": "3.4.0"}}).encode()


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
