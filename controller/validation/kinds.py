"""Which of our kinds an object is of, or was surely meant to be of."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from controller.api.machine_config import MachineConfig
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.machine_configuration import MachineConfiguration
from controller.api.meta import ApiObject
from controller.api.names import API_VERSION, GROUP, VERSION
from controller.manifests.problem import Finding, error
from controller.suggestions import closest, did_you_mean
from controller.validation.foreign_documents import foreign

# The kinds that people write.
MODELS: Final[dict[str, type[ApiObject]]] = {
    "MachineConfig": MachineConfig,
    "MachineConfigPool": MachineConfigPool,
    "MachineConfiguration": MachineConfiguration,
}
# An Ignition config by itself, outside of any object.
IGNITION: Final = "Ignition config"

_SECTIONS: Final = {"storage", "systemd", "passwd"}
_KINDS: Final = (*MODELS, "MachineConfigNode")
_REMEDY: Final = f"write `{API_VERSION}`"
_LISTED: Final = f"write one of {', '.join(MODELS)}"
# Where kinds of the same names come from, and manifests with them.
_OPENSHIFT: Final = ("machineconfiguration.openshift.io", "operator.openshift.io")


def kind_of(content: Mapping[str, Any]) -> str | None:
    """The kind, if the object is of ours and people write it, or `IGNITION`; None otherwise."""
    if "kind" not in content and "apiVersion" not in content and _is_ignition(content):
        return IGNITION
    is_ours = content.get("apiVersion") == API_VERSION
    return next((each for each in MODELS if is_ours and content.get("kind") == each), None)


def misnamed(content: Mapping[str, Any]) -> Iterator[Finding]:
    """What is wrong with the apiVersion and the kind of an object that `kind` does not know.

    An object that belongs to somebody else is none of our business.
    """
    if found := foreign(content):
        yield found
        return
    version, named = content.get("apiVersion"), content.get("kind")
    if not isinstance(version, str) or not version:
        yield error("apiVersion", "apiVersion is missing", f"{_REMEDY} for our kinds")
    if not isinstance(named, str) or not named:
        yield error("kind", "kind is missing", _LISTED)
    if not isinstance(version, str) or not isinstance(named, str):
        return
    group, _, number = version.rpartition("/")
    if not _is_ours(group, named):
        return
    if group != GROUP:
        yield error("apiVersion", f"the group of a {named} is {GROUP}", _REMEDY)
    elif number != VERSION:
        yield error("apiVersion", f"{GROUP} has no version {number}", _REMEDY)
    if named not in _KINDS:
        remedy = did_you_mean(named, _KINDS, _LISTED)
        yield error("kind", f"{GROUP} has no kind {named}", remedy)


def _is_ignition(content: Mapping[str, Any]) -> bool:
    """Whether it is an Ignition config, perhaps one that does not say so."""
    sections = content.keys() & _SECTIONS
    return "ignition" in content or (bool(sections) and foreign(content) is None)


def _is_ours(group: str, named: str) -> bool:
    if group == GROUP:
        return True
    from_elsewhere = named in _KINDS and group in {*_OPENSHIFT, ""}
    return from_elsewhere or (
        closest(group, [GROUP]) is not None and closest(named, _KINDS) is not None
    )
