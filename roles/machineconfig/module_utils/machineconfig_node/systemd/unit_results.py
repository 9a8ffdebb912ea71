"""The result of a unit in systemd's words: `exit-code 1`, `timeout`, `watchdog`."""

from __future__ import annotations

from typing import Mapping

PROPERTIES = ("Result", "ExecMainCode", "ExecMainStatus")
_EXITED = "1"  # CLD_EXITED in <signal.h>


def text(unit: Mapping[str, str]) -> str:
    """Return the result of a unit with these properties."""
    status = unit.get("ExecMainStatus", "0")
    has_code = unit.get("ExecMainCode") == _EXITED and status != "0"
    return f"{unit['Result']} {status}" if has_code else unit["Result"]
