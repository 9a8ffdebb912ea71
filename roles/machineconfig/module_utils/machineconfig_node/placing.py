"""What a manifest wants at a path, put there."""

from __future__ import annotations

from . import durable
from .desired import Wanted


def put(path: str, wanted: Wanted) -> None:
    """Make `path` the file or the link that is wanted, or take it away."""
    if wanted.type == "absent":
        durable.remove(path)
        return
    durable.make_folders(path)
    if wanted.type == "link":
        durable.write_link(path, wanted.target)
    else:
        durable.write_file(path, wanted.content, wanted.mode, wanted.uid, wanted.gid)
