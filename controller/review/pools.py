"""What is to be said of a MachineConfigPool besides its shape."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from controller.manifests.problem import Finding, warning

_SELECTED: Final = {"machineConfigSelector": "MachineConfig of its own", "nodeSelector": "node"}


def findings(content: Mapping[str, Any]) -> Iterator[Finding]:
    """What the API server takes, though the pool will do nothing with it."""
    spec = content.get("spec")
    if not isinstance(spec, Mapping):
        return
    for field, selected in _SELECTED.items():
        selector = spec.get(field, {})
        if isinstance(selector, Mapping) and not any(selector.values()):
            reason = f"an empty selector selects nothing: the pool has no {selected}"
            remedy = "write `matchLabels` or `matchExpressions` below it"
            yield warning(f"spec.{field}", reason, remedy)
