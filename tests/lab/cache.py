"""Things that are slow to make, made once and kept outside the checkout.

Each is a folder whose name holds a hash of what went into it, so it never changes and is
never stale. It is built beside its place under a lock and renamed when it is whole: two
builders at once build it once, and an interrupted build leaves nothing that looks finished.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab.report import say


def cache_folder() -> Path:
    """The folder that holds all that the labs of this user share."""
    chosen = os.environ.get("MACHINECONFIG_LAB_CACHE")
    if chosen:
        folder = Path(chosen)
    else:
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        folder = Path(home) / "machineconfig-lab"
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def key_of(*parts: str | bytes) -> str:
    """A short hash over everything that decides what a cached folder holds."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8))
        digest.update(raw)
    return digest.hexdigest()[:16]


def cached(name: str, build: Callable[[Path], None]) -> Path:
    """The cached folder ``name``; where there is none yet, ``build`` fills it."""
    finished = cache_folder() / name
    if finished.is_dir():
        return finished
    with _locked(finished.with_name(f"{name}.lock")):
        if finished.is_dir():
            return finished
        partial = finished.with_name(f"{name}.partial")
        if partial.exists():
            shutil.rmtree(partial)
        partial.mkdir()
        build(partial)
        partial.rename(finished)
    return finished


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that ends with this process and those it has started, however they end."""
    with path.open("w") as lock:
        os.set_inheritable(lock.fileno(), True)  # noqa: FBT003 - it takes no name
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"lab: another lab is building {path.stem}; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
