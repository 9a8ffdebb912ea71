"""One MachineConfig, read once: its Ignition config, and everything that is to be said of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from controller.api.machine_config import MachineConfig
from controller.ignition import Entry, parse
from controller.rendering import support
from controller.rendering.refusal import Refusal, in_config
from controller.rendering.remedies import remedy

_EMPTY: Final = {"ignition": {"version": "3.4.0"}}


@dataclass(frozen=True)
class Source:
    """A MachineConfig as the fold takes it.

    `config` is Ignition 3.4.0, empty where there are `refusals`. `warnings` hinder nothing.
    """

    name: str
    config: dict[str, Any]
    kernel_arguments: tuple[str, ...]
    refusals: tuple[Refusal, ...]
    warnings: tuple[Refusal, ...]


def read(machine_config: MachineConfig, boot_user: str) -> Source:
    """Read a MachineConfig whose keys are for `boot_user`; says all that is wrong with it."""
    written = _EMPTY if machine_config.spec.config is None else machine_config.spec.config
    name, arguments = machine_config.metadata.name, machine_config.spec.kernel_arguments
    result = parse(json.dumps(written).encode(), older=True)
    errors = [each for each in result.report if each.kind == "error"]
    refusals = [_said(name, entry, remedy(entry.path, entry.message, written)) for entry in errors]
    warnings = [_said(name, each) for each in result.report if each.kind == "warning"]
    if arguments:
        reason = "kernel arguments are not supported yet"
        refusals.append(Refusal(name, "spec.kernelArguments", reason, "remove it"))
    if result.config is not None:
        refusals += _of_config(name, support.problems(result.config, boot_user))
        warnings += _of_config(name, support.doubts(result.config))
    refused = {each.path for each in refusals}
    return Source(
        name,
        {} if refusals else result.config or {},
        arguments,
        tuple(refusals),
        tuple(each for each in warnings if each.path not in refused),
    )


def _said(name: str, entry: Entry, mend: str = "") -> Refusal:
    return Refusal(name, in_config(entry.path), entry.message, mend)


def _of_config(name: str, problems: Iterator[support.Problem]) -> list[Refusal]:
    return [Refusal(name, in_config(path), reason, mend) for path, reason, mend in problems]
