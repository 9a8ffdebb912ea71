"""One MachineConfig before the merge: its Ignition config, its refusals and warnings."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from controller.api.machine_config import MachineConfig
from controller.ignition import Entry, draft
from controller.rendering.refusal import Problem, Refusal, in_config
from controller.rendering.rules import foreign_formats, restrictions
from controller.rendering.rules.nesting import MAX_DEPTH, is_too_deep
from controller.rendering.rules.redaction import redact
from controller.rendering.rules.remedies import remedy as remedy_of
from controller.rendering.ssh_keys import one_per_entry

_EMPTY: Final = {"ignition": {"version": "3.4.0"}}


@dataclass(frozen=True)
class Source:
    """A MachineConfig that is ready for the merge, or refused.

    `config` is Ignition 3.4.0 with one SSH key per entry; it is empty if there are `refusals`.
    """

    name: str
    config: dict[str, Any]
    kernel_arguments: tuple[str, ...]
    refusals: tuple[Refusal, ...]
    warnings: tuple[Refusal, ...]


def read(machine_config: MachineConfig, boot_user: str) -> Source:
    """Read a MachineConfig whose SSH keys are for `boot_user`."""
    spec = machine_config.spec
    return read_spec(machine_config.name, spec.config, spec.kernel_arguments, boot_user)


def read_spec(
    name: str, config: Mapping[str, Any] | None, arguments: tuple[str, ...], boot_user: str
) -> Source:
    """Read the spec of a MachineConfig that was not validated."""
    written = _EMPTY if config is None else config
    if foreign := foreign_formats.foreign_config(written):
        return Source(name, {}, arguments, (_refusal(name, foreign),), ())
    if is_too_deep(written):
        reason = f"is nested more than {MAX_DEPTH} levels deep"
        refusal = Refusal(name, "spec.config", reason, "remove keys that Ignition does not support")
        return Source(name, {}, arguments, (refusal,), ())
    result = draft(json.dumps(written).encode(), older=True)
    refusals = dict(_errors(result.report, written))
    warnings = {each.path: redact(each) for each in result.report if each.severity == "warning"}
    for problem in restrictions.problems(result.config or {}, boot_user):
        # One refusal per path is sufficient, and Ignition's own comes first.
        refusals.setdefault(problem[0], problem)
    warnings |= {each[0]: each for each in restrictions.doubts(result.config or {})}
    refused = [_refusal(name, each) for each in refusals.values()]
    if arguments:
        reason = "kernel arguments are not supported yet"
        refused.append(Refusal(name, "spec.kernelArguments", reason, "remove it"))
    doubts = [each for path, each in warnings.items() if path not in refusals]
    return Source(
        name,
        {} if refused else one_per_entry(result.config or {}),
        arguments,
        tuple(refused),
        tuple(_refusal(name, each) for each in doubts),
    )


def _refusal(name: str, problem: Problem) -> Refusal:
    path, reason, remedy = problem
    return Refusal(name, in_config(path), reason, remedy)


def _errors(report: Sequence[Entry], written: Any) -> Iterator[tuple[str, Problem]]:  # noqa: ANN401 - not validated yet
    for each in report:
        if each.severity == "error":
            yield each.path, (each.path, each.message, remedy_of(each.path, each.message, written))
        elif foreign := foreign_formats.foreign_key(each):
            yield each.path, foreign
