"""Files and units of a node, as they were read with the caller's own SSH; pure."""

from collections.abc import Iterable
from typing import Annotated, Literal, Protocol

from pydantic import AfterValidator, Base64Bytes, BaseModel, ConfigDict, Field

from controller.execution.untrusted_text import sanitize_line

Mode = Annotated[int, Field(ge=0, le=0o7777)]
Message = Annotated[str, AfterValidator(sanitize_line)]


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True)


class NodeFile(_Read):
    """What is at a path, and its contents if they were read.

    `folder` is the real path of its folder, which differs if a symlink leads there.
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
    error: Message = ""


class NodeUnit(_Read):
    """A systemd unit: its files in /etc/systemd/system, and its enablement."""

    name: str
    enablement: Message
    fragment: NodeFile
    dropins: tuple[NodeFile, ...]


class NodeContents(_Read):
    """The files and units that were requested, in that order."""

    files: tuple[NodeFile, ...] = ()
    units: tuple[NodeUnit, ...] = ()


class NodeReader(Protocol):
    """Reads files and units of a node."""

    def read(self, files: Iterable[str], units: Iterable[str], *, public: bool) -> NodeContents:
        """Read these paths and units; with `public`, contents of world-readable files alone.

        Raises:
            UnavailableError: the node could not be read.
        """
