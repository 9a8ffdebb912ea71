"""Artifacts that are slow to build, built once and kept outside the checkout.

Each is a directory whose name contains a hash of its inputs, so it never changes and is never
stale. It is built in a temporary place under a lock and renamed when it is complete: two concurrent
builders build it once, and an interrupted build leaves nothing that looks complete.
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
    """Return the directory that all labs of this user share."""
    chosen = os.environ.get("MACHINECONFIG_LAB_CACHE")
    if chosen:
        folder = Path(chosen)
    else:
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        folder = Path(home) / "machineconfig-lab"
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def key_of(*parts: str | bytes) -> str:
    """Return a short hash over all inputs of a cached directory."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8))
        digest.update(raw)
    return digest.hexdigest()[:16]


def cached(name: str, build: Callable[[Path], None]) -> Path:
    """Return the cached directory ``name``; if it does not exist, ``build`` fills it."""
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
    """Hold a lock that ends with this process and its children, however they end."""
    with path.open("w") as lock:
        os.set_inheritable(lock.fileno(), True)  # noqa: FBT003 - it takes no name
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"lab: another lab is building {path.stem}; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
