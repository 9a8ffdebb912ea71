"""Problems of a MachineConfig that its model does not detect."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from controller.api.names import RENDERED_PREFIX
from controller.manifests.problem import Finding, error, warning
from controller.rendering.render import stored_size
from controller.validation import ignition_config

# `kubectl apply` stores the object in an annotation; this is the limit of all annotations.
_MAX_APPLY_SIZE: Final = 256 * 1024


def findings(content: Mapping[str, Any], boot_user: str) -> Iterator[Finding]:
    """Yield problems with the API server, `kubectl apply` or rendering."""
    rendered = _is_rendered(content.get("metadata"))
    if _has_rendered_name(content.get("metadata")) and not rendered:
        reason = f"only the controller writes MachineConfigs named {RENDERED_PREFIX}*"
        yield error("metadata.name", reason, "choose another name")
    size = stored_size(dict(content))
    if size > _MAX_APPLY_SIZE and not rendered:
        reason = f"{size:,} bytes are more than `kubectl apply` can store in its annotation"
        yield warning("", reason, "use `kubectl apply --server-side`")
    yield from ignition_config.findings(content.get("spec"), boot_user)


def _has_rendered_name(metadata: Any) -> bool:  # noqa: ANN401 - plain data
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    return isinstance(name, str) and name.startswith(RENDERED_PREFIX)


def _is_rendered(metadata: Any) -> bool:  # noqa: ANN401 - plain data
    """Whether the controller rendered it for a pool, so that it was read from a cluster."""
    owners = metadata.get("ownerReferences") if isinstance(metadata, Mapping) else None
    return isinstance(owners, list) and any(
        isinstance(owner, Mapping) and owner.get("kind") == "MachineConfigPool" for owner in owners
    )
