"""Writing to stdout and stderr, also if they are closed, full or no longer read."""

import errno
import os
import sys
from contextlib import suppress
from typing import TextIO


def write(text: str | bytes, *, stderr: bool = False) -> bool:
    """Write and flush; return False if the reader has closed the pipe.

    A closed pipe, as after `| head`, is no error: the command continues to its end. Failures to
    write to stderr are ignored, since there is nowhere to report them.

    Raises:
        OSError: stdout cannot be written.
    """
    stream = _stream(stderr=stderr)
    try:
        _put(stream, text)
    except OSError as error:
        discard(stream)
        if not stderr and not isinstance(error, BrokenPipeError):
            raise
        return False
    return True


def _put(stream: TextIO | None, text: str | bytes) -> None:
    if stream is None:  # Python's value for a stream that the shell has closed
        raise OSError(errno.EBADF, "it is closed")
    if isinstance(text, str):
        stream.write(text)
    else:
        stream.buffer.write(text)
    stream.flush()


def discard(stream: TextIO | None) -> None:
    """Drop what a stream still buffers, which Python would try to write at exit."""
    if stream is None:
        return
    with suppress(OSError):  # a stream in memory has no file descriptor
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def on_terminal(*, stderr: bool = False) -> bool:
    """Return whether the stream is a terminal."""
    stream = _stream(stderr=stderr)
    return stream is not None and stream.isatty()


def _stream(*, stderr: bool) -> TextIO | None:
    return sys.stderr if stderr else sys.stdout
