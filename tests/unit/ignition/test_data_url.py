"""Data URLs, the usual sources of files."""

import base64
from contextlib import suppress
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.ignition import DataURL, DataURLError, decode_data_url


@pytest.mark.parametrize(
    ("url", "decoded"),
    [
        ("data:,", DataURL(b"", "text/plain", {"charset": "US-ASCII"}, "ascii")),
        ("data:,a%20b", DataURL(b"a b", "text/plain", {"charset": "US-ASCII"}, "ascii")),
        ("data:text/plain,a+b", DataURL(b"a+b", "text/plain", {}, "ascii")),
        ("data:image/png;base64,AAEC", DataURL(b"\0\1\2", "image/png", {}, "base64")),
        ("data:;base64,YW\nJj\n", DataURL(b"abc", "text/plain", {"charset": "US-ASCII"}, "base64")),
        ('data:text/x;a="b;c,%41",', DataURL(b"", "text/x", {"a": "b;c,%41"}, "ascii")),
        ("data:text/x;a=%41,", DataURL(b"", "text/x", {"a": "A"}, "ascii")),
        ('data:text/x;a="\\"\\x41",', DataURL(b"", "text/x", {"a": '"A'}, "ascii")),
    ],
)
def test_a_data_url_is_decoded(url: str, decoded: DataURL) -> None:
    assert decode_data_url(url) == decoded


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "missing data prefix"),
        ("DATA:,", "missing data prefix"),
        ("data:text/plain", "incomplete media type"),
        ("data:font/woff,a", "invalid media type"),
        ("data:,a b", "invalid data character"),
        ("data:,ä", "invalid data character"),
        ("data:,%4", "rfc2396: unexpected end of unescape sequence"),
        ("data:,%4x", "rfc2396: invalid char 0x25 in unescape sequence"),
        ("data:;base64,YQ", "illegal base64 data"),
        ("data:;base64,YWJj=", "illegal base64 data"),
        ("data:;base64,YQ%3D%3D", "invalid data character"),
        ("data:;base64,_-", "invalid data character"),
        ("data:;utf8,a", "expected base64, got utf8"),
        ('data:text/x;a="b,', "unclosed quoted string"),
        ('data:text/x;a="b\\', "unclosed quoted string"),
        ('data:text/x;a="\\é",', "invalid escaped character"),
        ("data:;base64,====", "illegal base64 data"),
        ("data:text/x; a=b,", "invalid character for parameter attribute"),
    ],
)
def test_a_data_url_that_ignition_refuses_is_refused_with_the_reason(url: str, reason: str) -> None:
    with pytest.raises(DataURLError, match=reason):
        decode_data_url(url)


@given(st.binary())
def test_any_bytes_survive_a_round_trip(data: bytes) -> None:
    assert decode_data_url("data:," + quote_from_bytes(data, safe="")).data == data
    assert decode_data_url("data:;base64," + base64.b64encode(data).decode()).data == data


@given(st.text(st.characters()) | st.text('%41,;="\\\ud800\n', max_size=50))
def test_no_text_raises_another_error(text: str) -> None:
    for url in (text, f"data:{text}", f'data:text/plain;a="{text}'):
        with suppress(DataURLError):
            decode_data_url(url)
