"""What the API server says of itself: its endpoints, and whether it can use its etcd."""

from collections.abc import Iterator
from typing import Final

from controller.cluster.observation.listing import Listing
from controller.planning.control_plane_facts import ETCD, ControlPlaneFacts

SLICES: Final = "endpointslices"
# The API servers keep this Service up to date, each for itself.
_OF_DEFAULT: Final = f"/apis/discovery.k8s.io/v1/namespaces/default/{SLICES}"
_OF_THE_SERVICE: Final = "kubernetes.io/service-name=kubernetes"
READY: Final = "/readyz"


def control_plane_facts(listing: Listing) -> ControlPlaneFacts:
    """Return the addresses of the API servers, and the checks about etcd that fail."""
    failing = tuple(each for each in _failing_checks(listing) if each.startswith(ETCD))
    return ControlPlaneFacts(frozenset(_addresses(listing)), failing)


def _addresses(listing: Listing) -> Iterator[str]:
    for each in listing.items(_OF_DEFAULT, labelSelector=_OF_THE_SERVICE):
        for endpoint in each.get("endpoints") or ():
            if endpoint.get("conditions", {}).get("ready") is not False:
                yield from endpoint["addresses"]


def _failing_checks(listing: Listing) -> Iterator[str]:
    """Yield the names of failing checks, which have lines like `[-]etcd failed: not told`."""
    for line in listing.text(READY, verbose="").splitlines():
        if line.startswith("[-]"):
            yield line.removeprefix("[-]").partition(" ")[0]
