"""What is to be said of a MachineConfig besides its shape."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from controller.api.names import RENDERED_PREFIX
from controller.manifests.problem import Finding, error, warning
from controller.rendering.render import stored_size
from controller.validation import ignition_config

# `kubectl apply` keeps the whole object in an annotation, and all of them share this much room.
_APPLICABLE: Final = 256 * 1024


def findings(content: Mapping[str, Any], boot_user: str) -> Iterator[Finding]:
    """What keeps a MachineConfig from the nodes, or from the API server."""
    rendered = _is_rendered(content.get("metadata"))
    if _has_the_name_of_a_rendered_one(content.get("metadata")) and not rendered:
        reason = f"only the controller writes MachineConfigs named {RENDERED_PREFIX}*"
        yield error("metadata.name", reason, "choose another name")
    size = stored_size(dict(content))
    if size > _APPLICABLE and not rendered:
        reason = f"{size:,} bytes are more than `kubectl apply` can keep track of"
        yield warning("", reason, "use `kubectl apply --server-side`")
    yield from ignition_config.findings(content.get("spec"), boot_user)


def _has_the_name_of_a_rendered_one(metadata: Any) -> bool:  # noqa: ANN401 - plain data
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    return isinstance(name, str) and name.startswith(RENDERED_PREFIX)


def _is_rendered(metadata: Any) -> bool:  # noqa: ANN401 - plain data
    """Whether it was read from a cluster, where the controller has made it for a pool."""
    owners = metadata.get("ownerReferences") if isinstance(metadata, Mapping) else None
    return isinstance(owners, list) and any(
        isinstance(owner, Mapping) and owner.get("kind") == "MachineConfigPool" for owner in owners
    )
