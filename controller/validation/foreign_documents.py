"""Documents of other tools and API groups that users mistake for those of this one."""

from collections.abc import Mapping
from typing import Any, Final

from controller.api.names import GROUP
from controller.manifests.problem import Finding, error, warning
from controller.rendering.rules.foreign_formats import BUTANE, TRANSLATE_BUTANE

OPENSHIFT: Final = "machineconfiguration.openshift.io"
_TRANSLATE: Final = f"{TRANSLATE_BUTANE}, and use the output as spec.config of a MachineConfig"
_AS_FILES: Final = "write its settings as files or units of a MachineConfig"
# OpenShift's kinds that do not exist in this API group.
_KINDS: Final = {
    "KubeletConfig": "write the kubelet's own configuration file as a file of a MachineConfig",
    "ContainerRuntimeConfig": "write the runtime's own configuration as a file of a MachineConfig",
    "ControllerConfig": "remove it",
    "MachineOSConfig": _AS_FILES,
    "MachineOSBuild": "remove it",
    "PinnedImageSet": _AS_FILES,
}
_CLOUD_INIT: Final = (
    "write_files",
    "runcmd",
    "bootcmd",
    "ssh_authorized_keys",
    "package_update",
    "packages",
    "users",
)
_KUSTOMIZATION: Final = ("resources", "bases", "patches", "patchesStrategicMerge")


def foreign_document(content: Mapping[str, Any]) -> Finding | None:
    """Return what the document is, with a remedy; None if it is of no known format."""
    if "kind" in content and "apiVersion" in content:
        return _kind(str(content["apiVersion"]), str(content["kind"]))
    if "variant" in content:
        return error("variant", BUTANE, _TRANSLATE)
    if key := _first(content, _CLOUD_INIT):
        remedy = "write a MachineConfig; `kubectl mc create` makes one of files, units and keys"
        return error(key, "this is a cloud-init configuration", remedy)
    if key := _first(_lists(content), _KUSTOMIZATION):
        remedy = "build it: kubectl kustomize FOLDER | kubectl mc validate -f -"
        return error(key, "this is a kustomization", remedy)
    return None


def _kind(version: str, kind: str) -> Finding | None:
    group = version.rpartition("/")[0]
    if group not in {OPENSHIFT, GROUP} or kind not in _KINDS:
        return None
    # A document with its own group may be meant for an OpenShift cluster.
    report = error if group == GROUP else warning
    return report("kind", f"{kind} is an OpenShift kind and has no effect here", _KINDS[kind])


def _first(content: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    return next((key for key in keys if content.get(key) is not None), None)


def _lists(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return members that are lists; Helm's values have `resources` too, but as an object."""
    return {key: each for key, each in content.items() if isinstance(each, list)}
