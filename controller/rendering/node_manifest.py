"""What a node is sent: the name of its config, and the effect."""

from collections.abc import Mapping
from typing import Any, Final

from controller.rendering import naming
from controller.rendering.effect import effect
from controller.rendering.source import Source, read_spec

PLAIN: Final = "ignition"


class ManifestError(ValueError):
    """The document is no config that a node can be given."""


def manifest(document: Mapping[str, Any], boot_user: str) -> dict[str, Any]:
    """The manifest of a MachineConfig object, or of a plain Ignition config.

    Returns:
        `{"config": name}` and the members of the effect; a plain one is `ignition-<hash>`.

    Raises:
        ManifestError: naming every problem, a line each.
    """
    source = _source(document, boot_user)
    if source.refusals:
        raise ManifestError("\n".join(map(str, source.refusals)))
    does = effect(source.config, boot_user)
    name = source.name if source.name != PLAIN else f"{PLAIN}-{naming.digest(does, ())}"
    return {"config": name, **does}


def _source(document: Mapping[str, Any], boot_user: str) -> Source:
    """The document as it stands: what is wrong with its config is said when that is read."""
    if document.get("kind") != "MachineConfig":
        return read_spec(PLAIN, document, (), boot_user)
    name, spec = document["metadata"]["name"], document.get("spec") or {}
    arguments = tuple(spec.get("kernelArguments") or ())
    return read_spec(name, spec.get("config"), arguments, boot_user)
