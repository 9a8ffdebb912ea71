"""The collections that an observation lists, for callers that may or need not list all."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final

from controller.api import names
from controller.api.json_object import Json
from controller.cluster.api_server import PAGE, ApiServer, RequestErrors, is_forbidden

ALL_KINDS: Final = frozenset(
    {
        names.MACHINE_CONFIGS,
        names.MACHINE_CONFIG_POOLS,
        names.MACHINE_CONFIGURATIONS,
        names.MACHINE_CONFIG_NODES,
        "nodes",
        "pods",
        "endpointslices",
    }
)


def fail(_path: str) -> bool:
    """Let the observation fail where a collection is forbidden."""
    return False


@dataclass(frozen=True)
class Listing:
    """Lists collections of one API server.

    `kinds` are the plurals of the kinds to list; collections of other kinds are empty. Of those in
    `metadata_only` the API server sends nothing but the metadata. `on_forbidden` is called with the
    path of a collection that the caller may not list; if it returns True, the collection is empty.
    """

    server: ApiServer
    kinds: Collection[str] = ALL_KINDS
    metadata_only: Collection[str] = ()
    on_forbidden: Callable[[str], bool] = fail

    def items(self, path: str, **selection: str) -> Iterator[Json]:
        """Return the objects of the collection at `path`.

        Raises:
            RequestErrors: the collection could not be listed.
        """
        kind = path.rpartition("/")[2]
        if kind not in self.kinds:
            return
        try:
            if kind in self.metadata_only:
                yield from self.server.metadata(path)
            else:
                yield from self.server.items(path, PAGE, **selection)
        except RequestErrors as error:
            if not is_forbidden(error) or not self.on_forbidden(path):
                raise

    def text(self, path: str, **query: str) -> str:
        """Return the text at `path`; empty where it is forbidden and `on_forbidden` accepts that.

        Raises:
            RequestErrors: there was no answer.
        """
        try:
            return self.server.text(path, **query)
        except RequestErrors as error:
            if not is_forbidden(error) or not self.on_forbidden(path):
                raise
            return ""
