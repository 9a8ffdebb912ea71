"""Whatever speaks, the log is one JSON object a line."""

import json
import subprocess
import sys

_SPEAKING = """
import logging, structlog
from controller.cli.logs import set_up_logging
set_up_logging()
structlog.get_logger("ours").warning("not finished", pool="worker")
try:
    [].pop()
except IndexError:
    logging.getLogger("kopf").exception("a watch %s", "failed")
"""


def test_a_library_that_fails_says_so_in_one_line_like_ourselves() -> None:
    command = [sys.executable, "-c", _SPEAKING]
    spoken = subprocess.run(command, check=True, capture_output=True, text=True).stderr

    ours, library = map(json.loads, spoken.splitlines())

    assert (ours["event"], ours["level"], ours["pool"]) == ("not finished", "warning", "worker")
    assert (library["event"], library["level"]) == ("a watch failed", "error")
    assert (library["logger"], library["reason"]) == ("kopf", "IndexError: pop from empty list")
