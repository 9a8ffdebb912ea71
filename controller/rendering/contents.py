"""Decoding of a file's `contents`: data URL, gzip and verification."""

import gzip
import hashlib
import io
import zlib
from collections.abc import Mapping
from typing import Any, Final

from controller.ignition import DataURLError, decode_data_url

# A few kilobytes of gzip can expand to gigabytes, which would be held in memory.
LARGEST: Final = 16 * 1024 * 1024
LARGEST_SUM: Final = 4 * LARGEST


class ContentsError(ValueError):
    """The contents cannot be decoded; `member` names the invalid member of `contents`."""

    def __init__(self, member: str, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.member = member
        self.remedy = remedy


def decode(contents: Mapping[str, Any]) -> bytes:
    """Decode an Ignition resource whose source is a `data:` URL or unset.

    Raises:
        ContentsError: the URL, the compression or the digest is invalid, or the file too large.
    """
    try:
        raw = decode_data_url(contents.get("source") or "data:,").data
    except DataURLError as error:
        raise ContentsError("source", str(error), "encode the contents again") from error
    compressed = contents.get("compression") == "gzip"
    data = _inflate(raw) if compressed else raw
    if len(data) > LARGEST:
        reason = f"the file has more than {LARGEST} bytes when decoded"
        invalid = "compression" if compressed else "source"
        raise ContentsError(invalid, reason, "manage a smaller file")
    _verify(data, (contents.get("verification") or {}).get("hash"))
    return data


def _inflate(raw: bytes) -> bytes:
    """Decompress all members of a gzip stream, as Ignition does."""
    try:
        with gzip.open(io.BytesIO(raw)) as stream:
            data = stream.read(LARGEST + 1)
    except EOFError:
        raise _gzip_error("the gzip stream is truncated") from None
    except (OSError, zlib.error) as error:
        # The messages of these errors quote the bytes.
        raise _gzip_error("the contents are not a valid gzip stream") from error
    if not raw:
        raise _gzip_error("the gzip stream is truncated")
    return data


def _gzip_error(reason: str) -> ContentsError:
    remedy = "compress the contents again, or remove compression if they are plain"
    return ContentsError("compression", reason, remedy)


def _verify(data: bytes, expected: str | None) -> None:
    if not expected:
        return
    function, _, digest = expected.partition("-")
    found = f"{function}-{hashlib.new(function, data).hexdigest()}"
    if found != f"{function}-{digest.lower()}":
        remedy = "write this hash if the contents are correct"
        raise ContentsError("verification.hash", f"the contents have the hash {found}", remedy)
