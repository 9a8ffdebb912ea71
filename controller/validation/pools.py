"""Problems of a MachineConfigPool that its model does not detect."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from controller.api import names, node_labels
from controller.api.meta import LabelSelector
from controller.manifests.problem import Finding, warning

_SELECTED: Final = {"machineConfigSelector": "MachineConfig of its own", "nodeSelector": "node"}


def findings(content: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield warnings about selectors that the API server accepts."""
    spec = content.get("spec")
    if not isinstance(spec, Mapping):
        return
    for field, selected in _SELECTED.items():
        selector = spec.get(field, {})
        if isinstance(selector, Mapping) and not any(selector.values()):
            reason = f"an empty selector selects nothing: the pool has no {selected}"
            remedy = "write `matchLabels` or `matchExpressions` below it"
            yield warning(f"spec.{field}", reason, remedy)
    yield from _self_assignable(spec.get("nodeSelector"))
    if "controlPlane" in spec and content.get("metadata", {}).get("name") != names.MASTER:
        reason = f"it has no effect: it describes the pool {names.MASTER}"
        yield warning("spec.controlPlane", reason, "remove it")


def _self_assignable(selector: object) -> Iterator[Finding]:
    try:
        labels = node_labels.self_assignable_labels(LabelSelector.model_validate(selector))
    except ValidationError:
        return  # reported as an error of its own
    if labels:
        yield warning("spec.nodeSelector", node_labels.explain(labels), node_labels.REMEDY)
