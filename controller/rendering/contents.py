"""The bytes that a file's `contents` stand for: data URL, gzip, verification."""

import gzip
import hashlib
import io
import zlib
from collections.abc import Mapping
from typing import Any, Final

from controller.ignition import DataURLError, decode_data_url

# A few kilobytes of gzip can stand for gigabytes, and all of it is held in memory on the way.
LARGEST: Final = 16 * 1024 * 1024
LARGEST_SUM: Final = 4 * LARGEST


class ContentsError(ValueError):
    """The contents cannot be had; `member` names the member of `contents` that is to blame."""

    def __init__(self, member: str, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.member = member
        self.remedy = remedy


def decode(contents: Mapping[str, Any]) -> bytes:
    """The bytes of an Ignition resource whose source is a `data:` URL or unset.

    Raises:
        ContentsError: the URL, the compression or the digest is wrong, or the bytes are too many.
    """
    try:
        raw = decode_data_url(contents.get("source") or "data:,").data
    except DataURLError as error:
        raise ContentsError("source", str(error), "encode the contents anew") from error
    compressed = contents.get("compression") == "gzip"
    data = _inflate(raw) if compressed else raw
    if len(data) > LARGEST:
        reason = f"the file has more than {LARGEST} bytes when decoded"
        blamed = "compression" if compressed else "source"
        raise ContentsError(blamed, reason, "manage a smaller file")
    _verify(data, (contents.get("verification") or {}).get("hash"))
    return data


def _inflate(raw: bytes) -> bytes:
    """All members of a gzip stream, one after the other, as Ignition reads it."""
    try:
        with gzip.open(io.BytesIO(raw)) as stream:
            data = stream.read(LARGEST + 1)
    except EOFError:
        raise _gzip_error("the gzip stream ends too early") from None
    except (OSError, zlib.error) as error:
        # Their own words quote the bytes.
        raise _gzip_error("the bytes are no gzip stream, or a broken one") from error
    if not raw:
        raise _gzip_error("the gzip stream ends too early")
    return data


def _gzip_error(reason: str) -> ContentsError:
    remedy = "compress the contents anew, or leave compression empty if they are plain"
    return ContentsError("compression", reason, remedy)


def _verify(data: bytes, wanted: str | None) -> None:
    if not wanted:
        return
    function, _, digest = wanted.partition("-")
    found = f"{function}-{hashlib.new(function, data).hexdigest()}"
    if found != f"{function}-{digest.lower()}":
        remedy = "write that, if the contents are what you mean"
        raise ContentsError("verification.hash", f"the contents have {found}", remedy)
