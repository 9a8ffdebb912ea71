"""The log has one JSON object a line, also from libraries."""

import json
import subprocess
import sys

_LOGGING = """
import logging, structlog
from controller.cli.logs import set_up_logging
set_up_logging()
structlog.get_logger("ours").warning("not finished", pool="worker")
try:
    [].pop()
except IndexError:
    logging.getLogger("kopf").exception("a watch %s", "failed")
"""


def test_an_error_of_a_library_is_one_line_like_those_of_the_controller() -> None:
    command = [sys.executable, "-c", _LOGGING]
    logged = subprocess.run(command, check=True, capture_output=True, text=True).stderr

    own, library = map(json.loads, logged.splitlines())

    assert (own["event"], own["level"], own["pool"]) == ("not finished", "warning", "worker")
    assert (library["event"], library["level"]) == ("a watch failed", "error")
    assert (library["logger"], library["reason"]) == ("kopf", "IndexError: pop from empty list")
