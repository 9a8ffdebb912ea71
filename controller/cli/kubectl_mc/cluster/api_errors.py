"""Errors of the API server, explained to the caller."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from controller.api import names
from controller.cli.kubectl_mc.terminal.errors import CommandError, UnavailableError
from controller.cluster.api_server import RequestErrors, UnknownContextError, reason
from controller.cluster.request_errors import KINDS_MISSING

# The resources of the kinds that users write.
WRITTEN: Final = (
    names.MACHINE_CONFIGS,
    names.MACHINE_CONFIG_POOLS,
    names.MACHINE_CONFIGURATIONS,
)


@contextmanager
def explain_read_errors(*resources: str, nodes: bool = False, offline: str = "") -> Iterator[None]:
    """Explain why the API server could not be read.

    `resources` are those of this group that are read; `nodes` tells whether Nodes are read too;
    `offline` is how to work without the cluster.

    Raises:
        UnavailableError: a request failed.
    """
    try:
        yield
    except RequestErrors as error:
        raise _unreadable(error, resources or WRITTEN, nodes=nodes, offline=offline) from error


@contextmanager
def explain_write_errors(what: str, verb: str, resource: str) -> Iterator[None]:
    """Explain why the API server has not changed `what`, an object of `resource`.

    Raises:
        CommandError: it no longer exists.
        UnavailableError: the server denied it, or was not reached.
    """
    try:
        yield
    except RequestErrors as error:
        raise _unchanged(error, what, verb, resource) from error


def _unchanged(error: Exception, what: str, verb: str, resource: str) -> CommandError:
    match getattr(error, "status", None):
        case 404:
            return CommandError(f"{what} no longer exists", "see `kubectl mc status`")
        case 403:
            group = "" if resource == "nodes" else f" of {names.GROUP}"
            remedy = f"ask an administrator for `{verb}` on {resource}{group}"
            return UnavailableError(f"you may not change {what}: {reason(error)}", remedy)
        case int():
            return UnavailableError(f"{what} could not be changed: {reason(error)}")
        case _:
            return _unreadable(error, (), nodes=True)


def _unreadable(
    error: Exception, resources: Sequence[str], *, nodes: bool, offline: str = ""
) -> UnavailableError:
    cause = reason(error)
    if isinstance(error, UnknownContextError):
        return UnavailableError(cause, "`kubectl config get-contexts` lists the contexts")
    match getattr(error, "status", None):
        case 401:
            return UnavailableError(f"authentication failed: {cause}", "log in to the cluster")
        case 403:
            besides = ", and on nodes" if nodes else ""
            granted = f"`list` on {', '.join(resources)} of {names.GROUP}{besides}"
            remedy = f"ask an administrator for {granted}"
            return UnavailableError(f"access denied: {cause}", remedy)
        case 404:
            return UnavailableError(*KINDS_MISSING)
        case _:
            remedy = "; ".join(filter(None, ("check with `kubectl cluster-info`", offline)))
            return UnavailableError(f"the cluster cannot be read: {cause}", remedy)
