"""Problems of the Ignition config in a MachineConfig, even if the object itself is invalid."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from controller.manifests.problem import Finding, error, warning
from controller.rendering.source import read_spec


def findings(spec: Any, boot_user: str) -> Iterator[Finding]:  # noqa: ANN401 - plain data
    """Yield the refusals and warnings of rendering for the spec of a MachineConfig."""
    given = spec if isinstance(spec, Mapping) else {}
    config, arguments = given.get("config"), given.get("kernelArguments")
    source = read_spec(
        "",
        config if isinstance(config, dict) else None,
        tuple(arguments) if isinstance(arguments, list) else (),
        boot_user,
    )
    for refusal in source.refusals:
        yield error(refusal.path, refusal.reason, refusal.remedy)
    for doubt in source.warnings:
        yield warning(doubt.path, doubt.reason, doubt.remedy)


def findings_outside_object(config: Mapping[str, Any], boot_user: str) -> Iterator[Finding]:
    """Yield those of an Ignition config outside an object, with paths from its top level."""
    for finding in findings({"config": config}, boot_user):
        path = finding.path.removeprefix("spec.config").removeprefix(".")
        yield replace(finding, path=path)
