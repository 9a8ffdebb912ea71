"""Where the controller's log goes: to standard error, for people on a terminal, else as JSON."""

import logging
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger


def set_up_logging() -> None:
    """Log in one form, a line for each event, also what libraries say."""
    pretty = sys.stderr.isatty()
    render = structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer()
    stamped = (
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    )
    structlog.configure(
        processors=[*stamped, render], logger_factory=structlog.PrintLoggerFactory(sys.stderr)
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *stamped, _without_traceback],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def _without_traceback(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """What a library was interrupted by, in a line; where in the library is of no use here."""
    error = (event.pop("exc_info", None) or (None, None))[1]
    return {**event, "reason": f"{type(error).__name__}: {error}"} if error else event
