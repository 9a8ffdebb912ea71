"""The bytes that a file's `contents` stand for: data URL, gzip, verification."""

import hashlib
import zlib
from collections.abc import Mapping
from typing import Any, Final

from controller.ignition import DataURLError, decode_data_url

# More than this cannot have come through the API server uncompressed by any sane road.
LARGEST: Final = 16 * 1024 * 1024
_GZIP: Final = 31  # zlib's window size that means: a gzip header and trailer


class ContentsError(ValueError):
    """The contents cannot be had; `member` names the member of `contents` that is to blame."""

    def __init__(self, member: str, reason: str) -> None:
        super().__init__(reason)
        self.member = member


def decode(contents: Mapping[str, Any]) -> bytes:
    """The bytes of an Ignition resource whose source is a `data:` URL or unset.

    Raises:
        ContentsError: the URL, the compression or the digest is wrong, or the bytes are too many.
    """
    try:
        raw = decode_data_url(contents.get("source") or "data:,").data
    except DataURLError as error:
        raise ContentsError("source", str(error)) from error
    data = _inflate(raw) if contents.get("compression") == "gzip" else raw
    _verify(data, (contents.get("verification") or {}).get("hash"))
    return data


def _inflate(raw: bytes) -> bytes:
    """All members of a gzip stream, one after the other, as Ignition reads it."""
    data, rest = b"", raw
    while True:
        inflater = zlib.decompressobj(_GZIP)
        try:
            data += inflater.decompress(rest, LARGEST + 1 - len(data))
        except zlib.error as error:
            raise ContentsError("compression", f"the bytes are no gzip stream: {error}") from error
        if len(data) > LARGEST:
            raise ContentsError("compression", f"more than {LARGEST} bytes when inflated")
        if not inflater.eof:
            raise ContentsError("compression", "the gzip stream ends too early")
        rest = inflater.unused_data
        if not rest:
            return data


def _verify(data: bytes, wanted: str | None) -> None:
    if not wanted:
        return
    function, _, digest = wanted.partition("-")
    found = hashlib.new(function, data).hexdigest()
    if found != digest.lower():
        reason = f"the contents have {function}-{found}"
        raise ContentsError("verification.hash", reason)
