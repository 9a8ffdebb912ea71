"""The causes and remedies of failed requests."""

from typing import Final

from controller.api import names
from controller.cluster.api_server import reason

KINDS_MISSING: Final = (
    f"the kinds of {names.GROUP} are not installed",
    "install them: kubectl apply --server-side -f crds/",
)


def explain(error: Exception) -> tuple[str, str]:
    """Return the cause for the controller's log, and a remedy, empty for a transient cause."""
    cause = reason(error)
    match getattr(error, "status", None):
        case 401:
            remedy = "set KUBECONFIG to a kubeconfig with a valid token"
            return f"the API server does not accept the controller's credentials: {cause}", remedy
        case 403:
            remedy = "grant the controller its permissions: kubectl apply -k deploy/"
            return f"the controller lacks a permission: {cause}", remedy
        case 404:
            return KINDS_MISSING
        case _:
            return cause, ""
