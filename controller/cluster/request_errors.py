"""What it means that the API server refuses a request, and what to do about it."""

from typing import Final

from controller.api import names
from controller.cluster.api_server import reason

NO_KINDS: Final = (
    f"the cluster has no kinds of {names.GROUP}",
    "install them: kubectl apply --server-side -f crds/",
)


def explain(error: Exception) -> tuple[str, str]:
    """The reason for the controller's log, and a remedy; none where the cause passes by itself."""
    said = reason(error)
    match getattr(error, "status", None):
        case 401:
            remedy = "name a kubeconfig with a token that is valid in KUBECONFIG"
            return f"the cluster does not know the controller: {said}", remedy
        case 403:
            remedy = "give the controller its rights: kubectl apply -k deploy/"
            return f"the controller may not do this: {said}", remedy
        case 404:
            return NO_KINDS
        case _:
            return said, ""
