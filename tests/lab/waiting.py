"""Waiting for the lab's parts, with a timeout and a cause."""

import time
from collections.abc import Callable
from pathlib import Path

from tests.lab.keeper import keeper_of
from tests.lab.report import LabError
from tests.lab.system import last_line

_PATIENCE = 120.0
_PAUSE = 0.2


def wait_until(condition: Callable[[], bool], what: str, folder: Path, part: str) -> None:
    """Wait until the condition holds in a lab; the error names the log of that part."""
    end = time.monotonic() + _PATIENCE
    log = folder / "logs" / f"{part}.log"
    while not condition():
        if keeper_of(folder) is None:
            keeper_log = log.with_name("keeper.log")
            raise LabError(
                f"The lab ended while it waited for {what} ({last_line(keeper_log)})",
                f"Read {keeper_log}",
            )
        if time.monotonic() > end:
            raise LabError(f"Waited {_PATIENCE:.0f} s for {what} ({last_line(log)})", f"Read {log}")
        time.sleep(_PAUSE)
