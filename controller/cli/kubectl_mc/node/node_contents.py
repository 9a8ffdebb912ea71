"""What somebody has seen on a node who may read everything there; pure."""

from collections.abc import Iterable
from typing import Annotated, Literal, Protocol

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

Mode = Annotated[int, Field(ge=0, le=0o7777)]


class _Seen(BaseModel):
    model_config = ConfigDict(frozen=True)


class SeenFile(_Seen):
    """A path: what stands there, and what it holds where that may be had.

    `folder` is where its folder leads to, which is another where a symlink stands in the way.
    """

    path: str
    kind: Literal["nothing", "file", "symlink", "folder", "special file", "unreadable"]
    folder: str
    mode: Mode = 0
    uid: int = 0
    gid: int = 0
    user: str = ""
    group: str = ""
    size: int = 0
    sha256: str = ""
    content: Base64Bytes | None = None
    target: str = ""
    error: str = ""


class SeenUnit(_Seen):
    """A systemd unit: what the administrator's folder holds of it, and whether it is enabled."""

    name: str
    enablement: str
    fragment: SeenFile
    dropins: tuple[SeenFile, ...]


class SeenOnNode(_Seen):
    """Everything that was asked for, in that order."""

    files: tuple[SeenFile, ...] = ()
    units: tuple[SeenUnit, ...] = ()


class Reader(Protocol):
    """Reads a node."""

    def read(self, files: Iterable[str], units: Iterable[str], *, public: bool) -> SeenOnNode:
        """Look at these paths and units; by `public` only at contents that everybody may read.

        Raises:
            UnseenError: the node could not be read.
        """
