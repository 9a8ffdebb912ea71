"""The controller's log on standard error: text on a terminal, else JSON."""

import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog
from structlog.typing import EventDict, WrappedLogger


class _Lossy:
    """A stream that drops what cannot be written: a full disk must not stop the controller."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write the text, or drop it."""
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        """Write what is buffered, or drop it."""
        with suppress(OSError):
            self._stream.flush()


def set_up_logging() -> None:
    """Log each event as one line, also those of libraries."""
    pretty, stream = sys.stderr.isatty(), cast("TextIO", _Lossy(sys.stderr))
    render = structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer()
    stamped = (
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    )
    structlog.configure(
        processors=[*stamped, render], logger_factory=structlog.PrintLoggerFactory(stream)
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *stamped, _without_traceback],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def _without_traceback(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace the traceback of a library with its error in one line."""
    error = (event.pop("exc_info", None) or (None, None))[1]
    return {**event, "reason": f"{type(error).__name__}: {error}"} if error else event
