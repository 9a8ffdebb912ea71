"""Another node, to which the pods of a drained node could go.

Only what lasts counts: a node that is cordoned, not Ready or under pressure may come back, and a
PodDisruptionBudget may be waiting for exactly that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from controller.api.names import UNCONFIGURED
from controller.planning.drain.pod import Pod

_KEEPS_AWAY: Final = {"NoSchedule", "NoExecute"}
_PASSING: Final = ("node.kubernetes.io/", "node.cloudprovider.kubernetes.io/")


@dataclass(frozen=True)
class OtherNode:
    """A node with the taints that keep pods away from it for good."""

    name: str
    taints: tuple[Mapping[str, str], ...] = ()
    runs_linux: bool = True

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        """Parse the JSON of the API server."""
        taints = found.get("spec", {}).get("taints") or ()
        info = found.get("status", {}).get("nodeInfo", {})
        return cls(
            name=found["metadata"]["name"],
            taints=tuple(each for each in taints if _lasts(each)),
            runs_linux=info.get("operatingSystem") in {"linux", "", None},
        )

    def takes(self, pod: Pod) -> bool:
        """Whether the pod tolerates all its taints."""
        return self.runs_linux and all(map(pod.tolerates, self.taints))


def _lasts(taint: Mapping[str, str]) -> bool:
    passing = taint["key"] == UNCONFIGURED or taint["key"].startswith(_PASSING)
    return taint["effect"] in _KEEPS_AWAY and not passing
