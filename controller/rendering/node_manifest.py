"""The manifest that is sent to a node: the name of its config, and its effect."""

from collections.abc import Mapping
from typing import Any, Final

from controller.rendering import naming
from controller.rendering.effect import effect
from controller.rendering.source import Source, read_spec

PLAIN: Final = "ignition"


class ManifestError(ValueError):
    """The document is not a config that can be applied to a node."""


def manifest(document: Mapping[str, Any], boot_user: str) -> dict[str, Any]:
    """Return the manifest of a MachineConfig object, or of a plain Ignition config.

    Returns:
        `{"config": name}` and the members of the effect; a plain config is named `ignition-<hash>`.

    Raises:
        ManifestError: the document is invalid; the message has one line per problem.
    """
    source = _source(document, boot_user)
    if source.refusals:
        raise ManifestError("\n".join(map(str, source.refusals)))
    members = effect(source.config, boot_user)
    name = source.name if source.name != PLAIN else f"{PLAIN}-{naming.digest(members, ())}"
    return {"config": name, **members}


def _source(document: Mapping[str, Any], boot_user: str) -> Source:
    """Read the config of a document that was not validated."""
    if document.get("kind") != "MachineConfig":
        return read_spec(PLAIN, document, (), boot_user)
    name, spec = document["metadata"]["name"], document.get("spec") or {}
    arguments = tuple(spec.get("kernelArguments") or ())
    return read_spec(name, spec.get("config"), arguments, boot_user)
