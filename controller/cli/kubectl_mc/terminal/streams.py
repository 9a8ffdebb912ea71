"""What commands write, also where the reader has left, or nothing can take it."""

import errno
import os
import sys
from contextlib import suppress
from typing import TextIO


def write(text: str | bytes, *, stderr: bool = False) -> bool:
    """Write it at once, and say whether somebody is there to read on.

    A reader that has left, as `head` does, has seen enough: the command goes on to its end. Where
    stderr cannot be written, there is nobody to tell.

    Raises:
        OSError: stdout cannot take it.
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
    if stream is None:  # so Python has it where the shell has closed it
        raise OSError(errno.EBADF, "it is closed")
    if isinstance(text, str):
        stream.write(text)
    else:
        stream.buffer.write(text)
    stream.flush()


def discard(stream: TextIO | None) -> None:
    """Send nowhere what a stream still holds, which Python would try to write as it ends."""
    if stream is None:
        return
    with suppress(OSError):  # a stream in memory is no file
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def on_terminal(*, stderr: bool = False) -> bool:
    """Whether it goes to a person's eyes."""
    stream = _stream(stderr=stderr)
    return stream is not None and stream.isatty()


def _stream(*, stderr: bool) -> TextIO | None:
    return sys.stderr if stderr else sys.stdout
