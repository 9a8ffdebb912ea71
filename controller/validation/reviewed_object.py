"""One object of a manifest, with everything that can be said of it by itself."""

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
    """An object that is ours, or is meant to be; `model` is None where it cannot be one."""

    document: Document
    kind: str
    name: str
    model: ApiObject | None
    findings: tuple[Finding, ...]

    @property
    def title(self) -> str:
        """How people call it: `MachineConfig 10-journal`."""
        return f"{self.kind} {self.name}".strip()

    @property
    def place(self) -> str:
        """Where it begins: `worker.yaml:12`."""
        return f"{self.document.file}:{self.document.line}"

    def problem(self, finding: Finding) -> Problem:
        """A finding with its place in the file."""
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
    """Review an object by itself; None where it is not ours."""
    content = document.content
    if not isinstance(content, Mapping):
        remedy = "write an object with apiVersion, kind, metadata and spec"
        return ReviewedObject(document, "", "", None, (error("", "this is no object", remedy),))
    kind, name = kinds.kind_of(content), _name(content)
    if kind and (size := stored_size(dict(content))) > LARGEST:
        # It reaches no node whatever it says, and reading it takes long.
        return ReviewedObject(document, kind, name, None, (_too_large(kind, size),))
    if kind == kinds.IGNITION:
        alone = tuple(ignition_config.findings_alone(content, boot_user))
        return ReviewedObject(document, kind, "", None, alone)
    if kind is None:
        misnamed = tuple(kinds.misnamed(content))
        named = _text(content.get("kind"))
        return ReviewedObject(document, named, name, None, misnamed) if misnamed else None
    model, refused = _validated(content, kind)
    besides = tuple(_besides(content, kind, boot_user))
    findings = dict.fromkeys((*_not_said(refused, besides), *besides))
    return ReviewedObject(document, kind, name, model, tuple(findings))


def _not_said(refused: Iterable[Finding], besides: Iterable[Finding]) -> Iterator[Finding]:
    """What the model refuses and nobody has said yet; of the config, Ignition says more."""
    errors = {each.path for each in besides if each.severity == "error"}
    config = any(_is_in_config(path) for path in errors)
    for each in refused:
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
    """The API server takes null for a field that is not there; an Ignition config may hold any."""
    said = {key: _plain(each) for key, each in content.items() if each is not None}
    spec = content.get("spec")
    if isinstance(spec, Mapping) and spec.get("config") is not None:
        said["spec"] = {**said["spec"], "config": spec["config"]}
    return said


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items() if each is not None}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _besides(content: Content, kind: str, boot_user: str) -> Iterator[Finding]:
    """What the model does not see."""
    yield from unknown_fields(kinds.MODELS[kind], content)
    yield from metadata.findings(content.get("metadata"))
    if kind == "MachineConfig":
        yield from machine_configs.findings(content, boot_user)
    if kind == "MachineConfigPool":
        yield from pools.findings(content)
