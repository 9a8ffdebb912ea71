"""A control group for each machine, because the systemd in it takes the one it is started in.

Works where cgroup2 is the only hierarchy and where it stands beside the older ones.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_MOUNTS = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified"))


@contextmanager
def entered(name: str) -> Iterator[None]:
    """Be in the group ``name`` for a moment: what is started meanwhile stays in it."""
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
    # The last machine of a lab takes the lab's group with it.
    with suppress(OSError):
        group.parent.rmdir()


def _own_group() -> Path:
    """The folder of the group that this process is in."""
    mount = next(mount for mount in _MOUNTS if (mount / "cgroup.procs").exists())
    lines = Path("/proc/self/cgroup").read_text().splitlines()
    path = next(line.removeprefix("0::/") for line in lines if line.startswith("0::"))
    return mount / path


def _move_to(group: Path) -> None:
    (group / "cgroup.procs").write_text(str(os.getpid()))
