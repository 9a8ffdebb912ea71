"""One MachineConfig, read once: its Ignition config, and everything that is to be said of it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from controller.api.machine_config import MachineConfig
from controller.ignition import Entry, draft
from controller.rendering import foreign_formats, restrictions
from controller.rendering.nesting import DEEPEST, is_too_deep
from controller.rendering.redaction import redact
from controller.rendering.refusal import Refusal, in_config
from controller.rendering.remedies import remedy
from controller.rendering.ssh_keys import one_an_entry

_EMPTY: Final = {"ignition": {"version": "3.4.0"}}


@dataclass(frozen=True)
class Source:
    """A MachineConfig as the fold takes it.

    `config` is Ignition 3.4.0 with one SSH key an entry, empty where there are `refusals`.
    `warnings` hinder nothing.
    """

    name: str
    config: dict[str, Any]
    kernel_arguments: tuple[str, ...]
    refusals: tuple[Refusal, ...]
    warnings: tuple[Refusal, ...]


def read(machine_config: MachineConfig, boot_user: str) -> Source:
    """Read a MachineConfig whose keys are for `boot_user`; says all that is wrong with it."""
    spec = machine_config.spec
    return read_spec(machine_config.name, spec.config, spec.kernel_arguments, boot_user)


def read_spec(
    name: str, config: Mapping[str, Any] | None, arguments: tuple[str, ...], boot_user: str
) -> Source:
    """The same of the spec of one that may be none: nothing was validated yet."""
    written = _EMPTY if config is None else config
    if foreign := foreign_formats.whole(written):
        path, *words = foreign
        return Source(name, {}, arguments, (Refusal(name, in_config(path), *words),), ())
    if is_too_deep(written):
        reason = f"is nested more than {DEEPEST} levels deep"
        refusal = Refusal(name, "spec.config", reason, "take away what Ignition does not know")
        return Source(name, {}, arguments, (refusal,), ())
    result = draft(json.dumps(written).encode(), older=True)
    refusals = dict(_errors(result.report, written))
    warnings = {each.path: redact(each) for each in result.report if each.severity == "warning"}
    for path, reason, mend in restrictions.problems(result.config or {}, boot_user):
        # Of one place Ignition has the first word, and one is enough.
        refusals.setdefault(path, (path, reason, mend))
    warnings |= {each[0]: each for each in restrictions.doubts(result.config or {})}
    said = [Refusal(name, in_config(path), *words) for path, *words in refusals.values()]
    if arguments:
        reason = "kernel arguments are not supported yet"
        said.append(Refusal(name, "spec.kernelArguments", reason, "remove it"))
    doubts = [each for path, each in warnings.items() if path not in refusals]
    return Source(
        name,
        {} if said else one_an_entry(result.config or {}),
        arguments,
        tuple(said),
        tuple(Refusal(name, in_config(path), *words) for path, *words in doubts),
    )


def _errors(report: Sequence[Entry], written: Any) -> Iterator[tuple[str, restrictions.Problem]]:  # noqa: ANN401 - whatever stands where a config should
    for each in report:
        if each.severity == "error":
            mend = remedy(each.path, each.message, written)
            yield each.path, (each.path, each.message, mend)
        elif lost := foreign_formats.lost(each):
            yield each.path, lost
