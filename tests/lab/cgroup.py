"""A control group for each machine, because the systemd in it takes over the one it starts in.

Works with cgroup2 alone and beside the older hierarchies.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_MOUNTS = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified"))


@contextmanager
def entered(name: str) -> Iterator[None]:
    """Enter the group ``name`` for a moment: processes that are started meanwhile stay in it."""
    own = _own_group()
    group = own / name
    group.mkdir(parents=True, exist_ok=True)
    _move_to(group)
    try:
        yield
    finally:
        _move_to(own)


def remove(name: str) -> None:
    """Wait until the last process of the group ``name`` is gone, and remove the group."""
    group = _own_group() / name
    if not group.exists():
        return
    while "populated 1" in (group / "cgroup.events").read_text():
        time.sleep(0.01)
    for folder, _, _ in os.walk(group, topdown=False):
        Path(folder).rmdir()
    # The last machine of a lab removes the lab's group too.
    with suppress(OSError):
        group.parent.rmdir()


def _own_group() -> Path:
    """Return the directory of this process's group."""
    mount = next(mount for mount in _MOUNTS if (mount / "cgroup.procs").exists())
    lines = Path("/proc/self/cgroup").read_text().splitlines()
    path = next(line.removeprefix("0::/") for line in lines if line.startswith("0::"))
    return mount / path


def _move_to(group: Path) -> None:
    (group / "cgroup.procs").write_text(str(os.getpid()))
