"""Asking the API server, and what a person is told where it gives no answer, or does not do it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from controller.api import names
from controller.cli.kubectl_mc.terminal.errors import CommandError, UnseenError
from controller.cluster.api_server import RequestErrors, UnknownContextError, reason
from controller.cluster.request_errors import KINDS_MISSING

# What a person needs to see: our kinds that people write, and those that tell of nodes.
WRITTEN: Final = (
    names.MACHINE_CONFIGS,
    names.MACHINE_CONFIG_POOLS,
    names.MACHINE_CONFIGURATIONS,
)
_FORBIDDEN: Final = 403


@contextmanager
def asking(*needed: str, nodes: bool = False) -> Iterator[None]:
    """Tell in words why the API server gave no answer.

    `needed` are those of our kinds that the question is about; `nodes` says whether Nodes are too.

    Raises:
        UnseenError: it gave none.
    """
    try:
        yield
    except RequestErrors as error:
        raise _unseen(error, needed or WRITTEN, nodes=nodes) from error


@contextmanager
def changing(what: str, verb: str, kind: str) -> Iterator[None]:
    """Tell in words why the API server has not changed `what`, an object of `kind`.

    Raises:
        CommandError: it is not there any more.
        UnseenError: the server has refused, or was not reached.
    """
    try:
        yield
    except RequestErrors as error:
        raise _unchanged(error, what, verb, kind) from error


def _unchanged(error: Exception, what: str, verb: str, kind: str) -> CommandError:
    match getattr(error, "status", None):
        case 404:
            return CommandError(f"{what} is gone", "`kubectl mc status` lists what there is")
        case 403:
            group = "" if kind == "nodes" else f" of {names.GROUP}"
            remedy = f"ask for `{verb}` on {kind}{group}"
            return UnseenError(f"you may not change {what}: {reason(error)}", remedy)
        case int():
            return UnseenError(f"{what} could not be changed: {reason(error)}")
        case _:
            return _unseen(error, (), nodes=True)


def is_forbidden(error: Exception) -> bool:
    """Whether the API server knows this person, and does not let them look."""
    return getattr(error, "status", None) == _FORBIDDEN


def _unseen(error: Exception, needed: Sequence[str], *, nodes: bool) -> UnseenError:
    said = reason(error)
    if isinstance(error, UnknownContextError):
        return UnseenError(said, "`kubectl config get-contexts` shows them")
    match getattr(error, "status", None):
        case 401:
            return UnseenError(f"the cluster does not know you: {said}", "log in to it again")
        case 403:
            besides = ", and on nodes" if nodes else ""
            remedy = f"ask for `list` on {', '.join(needed)} of {names.GROUP}{besides}"
            return UnseenError(f"you may not look: {said}", remedy)
        case 404:
            return UnseenError(*KINDS_MISSING)
        case _:
            offline = "" if nodes else "; -f works without it"
            remedy = f"`kubectl cluster-info` says whether kubectl reaches it{offline}"
            return UnseenError(f"the cluster could not be asked: {said}", remedy)
