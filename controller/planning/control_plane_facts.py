"""The facts about the control plane that are not in its Nodes."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

ETCD: Final = "etcd"


@dataclass(frozen=True)
class StaticPod:
    """An API server or etcd that a kubelet runs; `digest` changes with each start of it."""

    name: str
    component: str
    ready: bool = True
    digest: str = ""

    @property
    def start(self) -> str:
        """Identifies this start of the pod in a status."""
        return f"{self.name}/{self.digest}"


@dataclass(frozen=True)
class ControlPlaneFacts:
    """What the API server says of itself.

    `api_servers` are the addresses of the Service `kubernetes`; `failing` are the checks of
    `/readyz` about etcd that fail.
    """

    api_servers: frozenset[str] = frozenset()
    failing: tuple[str, ...] = ()


def digest_of_start(parts: Iterable[str]) -> str:
    """Return a digest of what a kubelet reports of a start: uid, containers and their times."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
