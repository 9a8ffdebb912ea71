"""Documents that their authors take for ours, and that are written in another language."""

from collections.abc import Mapping
from typing import Any, Final

from controller.api.names import GROUP
from controller.manifests.problem import Finding, error, warning

_OPENSHIFT: Final = "machineconfiguration.openshift.io"
_TRANSLATE: Final = (
    "translate it with `butane --strict FILE` (variant fcos, version 1.5.0), and put what it "
    "prints below spec.config of a MachineConfig"
)
_AS_FILES: Final = "write what it sets as files or units of a MachineConfig"
# OpenShift's kinds beside those of which we have our own.
_KINDS: Final = {
    "KubeletConfig": "write the kubelet's own configuration file as a file of a MachineConfig",
    "ContainerRuntimeConfig": "write the runtime's own configuration as a file of a MachineConfig",
    "ControllerConfig": "leave it out",
    "MachineOSConfig": _AS_FILES,
    "MachineOSBuild": "leave it out",
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


def foreign(content: Mapping[str, Any]) -> Finding | None:
    """What the document is, and what to do with it; None where it is nothing that is known."""
    if "kind" in content and "apiVersion" in content:
        return _kind(str(content["apiVersion"]), str(content["kind"]))
    if "variant" in content:
        return error("variant", "this is a Butane config", _TRANSLATE)
    if key := _first(content, _CLOUD_INIT):
        remedy = "write a MachineConfig; `kubectl mc create` makes one of files, units and keys"
        return error(key, "this is a configuration of cloud-init", remedy)
    if key := _first(_lists(content), _KUSTOMIZATION):
        remedy = "build it: kubectl kustomize FOLDER | kubectl mc validate -f -"
        return error(key, "this is a kustomization", remedy)
    return None


def _kind(version: str, kind: str) -> Finding | None:
    group = version.rpartition("/")[0]
    if group not in {_OPENSHIFT, GROUP} or kind not in _KINDS:
        return None
    # With its own group it may be there for a cluster of OpenShift's.
    say = error if group == GROUP else warning
    return say("kind", f"{kind} is a kind of OpenShift's, and does nothing here", _KINDS[kind])


def _first(content: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    return next((key for key in keys if content.get(key) is not None), None)


def _lists(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Helm's values have `resources` too, and they are no list there."""
    return {key: each for key, each in content.items() if isinstance(each, list)}
