"""The kind of an object, and problems of objects whose kind or apiVersion is misspelled."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from controller.api.machine_config import MachineConfig
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.machine_configuration import MachineConfiguration
from controller.api.meta import ApiObject
from controller.api.names import API_VERSION, GROUP, VERSION
from controller.manifests.problem import Finding, error
from controller.suggestions import closest, did_you_mean
from controller.validation.foreign_documents import OPENSHIFT, foreign_document

# The kinds that users write.
MODELS: Final[dict[str, type[ApiObject]]] = {
    "MachineConfig": MachineConfig,
    "MachineConfigPool": MachineConfigPool,
    "MachineConfiguration": MachineConfiguration,
}
# An Ignition config outside an object.
IGNITION: Final = "Ignition config"

_SECTIONS: Final = {"storage", "systemd", "passwd"}
_KINDS: Final = (*MODELS, "MachineConfigNode")
_REMEDY: Final = f"write `{API_VERSION}`"
_LISTED: Final = f"write one of {', '.join(MODELS)}"
# Groups with kinds of the same names.
_OPENSHIFT: Final = (OPENSHIFT, "operator.openshift.io")


def kind_of(content: Mapping[str, Any]) -> str | None:
    """Return the kind of an object that users write, or `IGNITION`; None for other objects."""
    if "kind" not in content and "apiVersion" not in content and _is_ignition(content):
        return IGNITION
    of_group = content.get("apiVersion") == API_VERSION
    return next((each for each in MODELS if of_group and content.get("kind") == each), None)


def misnamed(content: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the problems of the apiVersion and kind of an object that `kind_of` does not recognize.

    Objects of unrelated API groups have none.
    """
    if found := foreign_document(content):
        yield found
        return
    version, named = content.get("apiVersion"), content.get("kind")
    if not isinstance(version, str) or not version:
        yield error("apiVersion", "apiVersion is missing", f"{_REMEDY} for these kinds")
    if not isinstance(named, str) or not named:
        yield error("kind", "kind is missing", _LISTED)
    if not isinstance(version, str) or not isinstance(named, str):
        return
    group, _, number = version.rpartition("/")
    if not _belongs_here(group, named):
        return
    if group != GROUP:
        yield error("apiVersion", f"the group of a {named} is {GROUP}", _REMEDY)
    elif number != VERSION:
        yield error("apiVersion", f"{GROUP} has no version {number}", _REMEDY)
    if named not in _KINDS:
        remedy = did_you_mean(named, _KINDS, _LISTED)
        yield error("kind", f"{GROUP} has no kind {named}", remedy)


def _is_ignition(content: Mapping[str, Any]) -> bool:
    """Whether it is an Ignition config, even one without the key `ignition`."""
    sections = content.keys() & _SECTIONS
    return "ignition" in content or (bool(sections) and foreign_document(content) is None)


def _belongs_here(group: str, named: str) -> bool:
    if group == GROUP:
        return True
    from_elsewhere = named in _KINDS and group in {*_OPENSHIFT, ""}
    return from_elsewhere or (
        closest(group, [GROUP]) is not None and closest(named, _KINDS) is not None
    )
