"""A pod, reduced to the facts that a drain needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Self

from controller.api.names import APP_LABEL, NAMESPACE, SERVICE_ACCOUNT

_MIRROR: Final = "kubernetes.io/config.mirror"
_FINISHED: Final = {"Succeeded", "Failed"}
_DAEMON_SET: Final = "DaemonSet"
_APPS: Final = "apps"


@dataclass(frozen=True)
class Pod:
    """A pod at one moment.

    `controller` is the kind and the name of the object that would recreate it; a kind of another
    API group than `apps` has the group behind a dot. `deletion` is when its grace period of `grace`
    seconds ends, None unless it is being deleted; `termination_grace` is the period in its spec.
    """

    namespace: str
    name: str
    uid: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    controller: tuple[str, str] | None = None
    mirror: bool = False
    service_account: str = ""
    empty_dirs: tuple[str, ...] = ()
    phase: str = "Running"
    ready: bool = True
    finalizers: tuple[str, ...] = ()
    deletion: datetime | None = None
    grace: int = 0
    termination_grace: int = 30
    tolerations: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        """Parse the JSON of the API server."""
        metadata, spec, status = found["metadata"], found.get("spec", {}), found.get("status", {})
        deletion = metadata.get("deletionTimestamp")
        conditions = status.get("conditions") or ()
        volumes = spec.get("volumes") or ()
        return cls(
            namespace=metadata["namespace"],
            name=metadata["name"],
            uid=metadata.get("uid", ""),
            labels=metadata.get("labels") or {},
            controller=_controller(metadata),
            mirror=_MIRROR in (metadata.get("annotations") or {}),
            service_account=spec.get("serviceAccountName", ""),
            empty_dirs=tuple(volume["name"] for volume in volumes if "emptyDir" in volume),
            phase=status.get("phase", ""),
            ready=any(
                condition["type"] == "Ready" and condition["status"] == "True"
                for condition in conditions
            ),
            finalizers=tuple(metadata.get("finalizers") or ()),
            deletion=datetime.fromisoformat(deletion) if deletion else None,
            grace=metadata.get("deletionGracePeriodSeconds") or 0,
            termination_grace=spec.get("terminationGracePeriodSeconds", 30),
            tolerations=tuple(spec.get("tolerations") or ()),
        )

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def finished(self) -> bool:
        """Whether all its containers have terminated for good."""
        return self.phase in _FINISHED

    @property
    def runs_controller(self) -> bool:
        """Whether the controller runs in it; its label alone proves nothing."""
        in_namespace = self.namespace == NAMESPACE and self.service_account == SERVICE_ACCOUNT
        return in_namespace and self.labels.get(APP_LABEL) == SERVICE_ACCOUNT

    @property
    def in_custom_daemon_set(self) -> bool:
        """Whether it belongs to a DaemonSet of another API group."""
        return self.controller is not None and self.controller[0].startswith(f"{_DAEMON_SET}.")

    @property
    def daemon_set(self) -> tuple[str, str] | None:
        """The namespace and name of the Kubernetes DaemonSet that it belongs to."""
        if self.controller is None or self.controller[0] != _DAEMON_SET:
            return None
        return self.namespace, self.controller[1]

    def tolerates(self, taint: Mapping[str, str]) -> bool:
        """Whether a toleration matches the taint, by the rules of the scheduler."""
        return any(_matches(each, taint) for each in self.tolerations)


def _matches(toleration: Mapping[str, Any], taint: Mapping[str, str]) -> bool:
    exists = toleration.get("operator", "Equal") == "Exists"
    return (
        toleration.get("effect", "") in {"", taint["effect"]}
        and (toleration.get("key", "") == taint["key"] or (exists and not toleration.get("key")))
        and (exists or toleration.get("value", "") == taint.get("value", ""))
    )


def _controller(metadata: Mapping[str, Any]) -> tuple[str, str] | None:
    owners = metadata.get("ownerReferences") or ()
    return next(
        ((_kind(owner), owner["name"]) for owner in owners if owner.get("controller")), None
    )


def _kind(owner: Mapping[str, Any]) -> str:
    group = owner.get("apiVersion", "").rpartition("/")[0]
    return str(owner["kind"]) if group == _APPS else f"{owner['kind']}.{group}"
