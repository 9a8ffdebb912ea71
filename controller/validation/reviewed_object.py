"""One object of a manifest, with the problems that it has by itself."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from controller.api.meta import ApiObject
from controller.manifests.document import Document
from controller.manifests.problem import Finding, Problem, error
from controller.rendering.render import LARGEST, stored_size
from controller.validation import ignition_config, kinds, machine_configs, metadata, pools
from controller.validation.model_errors import explain
from controller.validation.unknown_fields import unknown_fields

Content = Mapping[str, Any]


@dataclass(frozen=True)
class ReviewedObject:
    """An object of this API group; `model` is None if it is invalid."""

    document: Document
    kind: str
    name: str
    model: ApiObject | None
    findings: tuple[Finding, ...]

    @property
    def title(self) -> str:
        """Kind and name, such as `MachineConfig 10-journal`."""
        return f"{self.kind} {self.name}".strip()

    @property
    def place(self) -> str:
        """File and first line, such as `worker.yaml:12`."""
        return f"{self.document.file}:{self.document.line}"

    def problem(self, finding: Finding) -> Problem:
        """Return a finding with its place in the file."""
        return Problem(
            finding.severity,
            self.document.file,
            self.document.line_at(finding.path),
            self.title,
            finding.path,
            finding.reason,
            finding.remedy,
        )


def review_object(document: Document, boot_user: str) -> ReviewedObject | None:
    """Review an object by itself; None if it is not of this API group."""
    content = document.content
    if not isinstance(content, Mapping):
        remedy = "write an object with apiVersion, kind, metadata and spec"
        return ReviewedObject(document, "", "", None, (error("", "this is not an object", remedy),))
    kind, name = kinds.kind_of(content), _name(content)
    if kind and (size := stored_size(dict(content))) > LARGEST:
        # No node can get it, and parsing it would take long.
        return ReviewedObject(document, kind, name, None, (_too_large(kind, size),))
    if kind == kinds.IGNITION:
        alone = tuple(ignition_config.findings_outside_object(content, boot_user))
        return ReviewedObject(document, kind, "", None, alone)
    if kind is None:
        misnamed = tuple(kinds.misnamed(content))
        named = _text(content.get("kind"))
        return ReviewedObject(document, named, name, None, misnamed) if misnamed else None
    model, model_errors = _validated(content, kind)
    others = tuple(_other_findings(content, kind, boot_user))
    findings = dict.fromkeys((*_not_reported(model_errors, others), *others))
    return ReviewedObject(document, kind, name, model, tuple(findings))


def _not_reported(model_errors: Iterable[Finding], others: Iterable[Finding]) -> Iterator[Finding]:
    """Yield errors of the model without a more precise finding for the same path or config."""
    errors = {each.path for each in others if each.severity == "error"}
    config = any(_is_in_config(path) for path in errors)
    for each in model_errors:
        if each.path not in errors and not (config and _is_in_config(each.path)):
            yield each


def _is_in_config(path: str) -> bool:
    return f"{path}.".startswith("spec.config.")


def _too_large(kind: str, size: int) -> Finding:
    reason = f"{size:,} bytes are more than the API server stores"
    return error("", reason, f"compress contents, or split the {kind}")


def _name(content: Content) -> str:
    around = content.get("metadata")
    return _text(around.get("name")) if isinstance(around, Mapping) else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _validated(content: Content, kind: str) -> tuple[ApiObject | None, list[Finding]]:
    try:
        return kinds.MODELS[kind].model_validate(_without_nulls(content)), []
    except ValidationError as error:
        return None, [explain(each, kind, content) for each in error.errors()]


def _without_nulls(content: Content) -> Content:
    """Remove nulls, which the API server drops except in an Ignition config."""
    fields = {key: _non_null(each) for key, each in content.items() if each is not None}
    spec = content.get("spec")
    if isinstance(spec, Mapping) and spec.get("config") is not None:
        fields["spec"] = {**fields["spec"], "config": spec["config"]}
    return fields


def _non_null(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, Mapping):
        return {key: _non_null(each) for key, each in value.items() if each is not None}
    return [_non_null(each) for each in value] if isinstance(value, list) else value


def _other_findings(content: Content, kind: str, boot_user: str) -> Iterator[Finding]:
    """Yield the findings that the model does not detect."""
    yield from unknown_fields(kinds.MODELS[kind], content)
    yield from metadata.findings(content.get("metadata"))
    if kind == "MachineConfig":
        yield from machine_configs.findings(content, boot_user)
    if kind == "MachineConfigPool":
        yield from pools.findings(content)
