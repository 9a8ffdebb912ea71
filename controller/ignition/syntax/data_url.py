"""The data URLs that Ignition accepts, by the rules of the Go library that it uses."""

import base64
import codecs
import re
from dataclasses import dataclass
from string import ascii_letters, digits
from typing import Literal, NamedTuple, NoReturn
from urllib.parse import unquote_to_bytes

_KNOWN_TYPES = (
    "text",
    "image",
    "audio",
    "video",
    "application",
    "message",
    "multipart",
    "x-",
    "X-",
)
_TOKEN = re.compile(r"[!#$%&'*+.0-9A-Z^_`a-z{|}~-]++")
_QUOTED = re.compile(r"(?:[\x00-!#-\[\]-\x7f]|\\(?:[\x00-\x7f]|\Z))++")
_GO_STRING = re.compile(
    r"""(?: [^"\\\n] | \\ (?: [abfnrtv\\"] | x[0-9A-Fa-f]{2} | [0-3][0-7]{2}
      | u (?! [dD][89a-fA-F] ) [0-9A-Fa-f]{4}
      | U 00 (?! 00[dD][89a-fA-F] ) (?: 0[0-9A-Fa-f] | 10 ) [0-9A-Fa-f]{4} ) )*+""",
    re.VERBOSE,
)
_LETTERS_AND_DIGITS = (ascii_letters + digits).encode()
_URL_CHARACTERS = _LETTERS_AND_DIGITS + b"!$%&'()*+,./:;=?@_~-"
_BASE64_CHARACTERS = _LETTERS_AND_DIGITS + b"+/=\n"
_MAX_PADDING = 2
# Most data URLs: without a type, and percent-encoded.
_PLAIN = re.compile(r"data:,(?:[A-Za-z0-9!$&'()*+,./:;=?@_~-]|%[0-9A-Fa-f]{2})*+")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CUT_OFF_ESCAPE = re.compile(r"%[0-9A-Fa-f]?\Z")


class DataURLError(ValueError):
    """Ignition would refuse this data URL; the message is the reason."""


@dataclass(frozen=True, slots=True)
class DataURL:
    """A decoded data URL."""

    data: bytes
    media_type: str
    params: dict[str, str]
    encoding: Literal["ascii", "base64"]


def decode_data_url(url: str) -> DataURL:
    """Return the data of a `data:` URL, with its type and parameters.

    Raises:
        DataURLError: Ignition would refuse this URL.
    """
    head, body = _split(url)
    data = base64.b64decode(body) if head.is_base64 else unquote_to_bytes(body)
    return DataURL(
        data=data,
        media_type=head.media_type,
        params=head.params,
        encoding="base64" if head.is_base64 else "ascii",
    )


def is_plain_data_url(url: str) -> bool:
    """Whether a quick check shows that a URL is valid; other URLs can be valid too."""
    return _PLAIN.fullmatch(url) is not None


def check_data_url(url: str) -> None:
    """Check that a `data:` URL can be decoded, without decoding it.

    Raises:
        DataURLError: Ignition would refuse this URL.
    """
    _split(url)


class _Head(NamedTuple):
    """The part of a URL before its data."""

    media_type: str
    params: dict[str, str]
    is_base64: bool


def _split(url: str) -> tuple[_Head, str]:
    """Return the head and the validated data."""
    scanner = _Scanner(url)
    if not scanner.take("data:"):
        raise DataURLError("missing data prefix")
    media_type = _media_type(scanner)
    params = {} if media_type else {"charset": "US-ASCII"}
    is_base64 = _params(scanner, params)
    scanner.take(",")
    body = scanner.rest()
    if is_base64:
        _check_base64(body)
    else:
        _check_url_data(body)
    return _Head(media_type or "text/plain", params, is_base64), body


class _Scanner:
    """A position in the URL that only moves forward."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._position = 0

    def next_is(self, *characters: str) -> bool:
        """Whether one of these characters comes next."""
        return self._url.startswith(characters, self._position)

    def take(self, literal: str) -> bool:
        """Take the literal, or return False if it does not come next."""
        found = self._url.startswith(literal, self._position)
        self._position += len(literal) if found else 0
        return found

    def match(self, pattern: re.Pattern[str]) -> str:
        """Take the match of the pattern here; it may be empty."""
        match = pattern.match(self._url, self._position)
        taken = match[0] if match else ""
        self._position += len(taken)
        return taken

    def rest(self) -> str:
        """Return the rest."""
        return self._url[self._position :]

    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self._position == len(self._url)

    def refuse(self, otherwise: str, *, at_end: str) -> NoReturn:
        """Raise an error with one of two messages, by what comes next."""
        raise DataURLError(at_end if self.at_end() else otherwise)


def _media_type(scanner: _Scanner) -> str:
    if scanner.next_is(";", ","):
        return ""
    main_type = scanner.match(_TOKEN)
    if not main_type:
        scanner.refuse("invalid character after data prefix", at_end="missing comma before data")
    if not scanner.take("/"):
        scanner.refuse("invalid character for media type", at_end="missing media type slash")
    if not main_type.startswith(_KNOWN_TYPES):
        raise DataURLError("invalid media type")
    subtype = scanner.match(_TOKEN) or "plain"
    if not scanner.next_is(";", ","):
        scanner.refuse("invalid character for media subtype", at_end="incomplete media type")
    return f"{main_type}/{subtype}"


def _params(scanner: _Scanner, params: dict[str, str]) -> bool:
    """Collect the parameters; return whether the last one is `base64`."""
    # An empty quoted value is dropped, but the next value counts as quoted.
    quotes_are_open = False
    while scanner.take(";"):
        name = _param_name(scanner)
        if scanner.next_is(","):
            if name != "base64":
                raise DataURLError(f"expected base64, got {name}")
            return True
        scanner.take("=")
        if scanner.take('"'):
            quotes_are_open = True
            value = scanner.match(_QUOTED)
            if scanner.next_is("\\"):
                raise DataURLError("invalid escaped character")
            if not scanner.take('"'):
                scanner.refuse(
                    "invalid character for parameter value", at_end="unclosed quoted string"
                )
        else:
            value = _bare_value(scanner)
        if value:
            params[name] = _unquote(value) if quotes_are_open else _unescape(value)
            quotes_are_open = False
        if not scanner.next_is(";", ","):
            scanner.refuse("expected semicolon or comma", at_end="missing comma before data")
    return False


def _param_name(scanner: _Scanner) -> str:
    if scanner.next_is("=", ","):
        raise DataURLError("unterminated parameter sequence")
    name = scanner.match(_TOKEN)
    if not name or not scanner.next_is("=", ","):
        scanner.refuse(
            "invalid character for parameter attribute", at_end="unterminated parameter sequence"
        )
    return name


def _bare_value(scanner: _Scanner) -> str:
    value = scanner.match(_TOKEN)
    if not value or not scanner.next_is(";", ","):
        scanner.refuse("invalid character for parameter value", at_end="missing comma before data")
    return value


def _unquote(value: str) -> str:
    if not _GO_STRING.fullmatch(value):
        raise DataURLError("invalid syntax")
    return codecs.decode(value, "unicode_escape")


def _unescape(value: str) -> str:
    _check_escapes(value)
    return unquote_to_bytes(value).decode(errors="replace")


def _check_url_data(data: str) -> None:
    if _has_others(data, _URL_CHARACTERS):
        raise DataURLError("invalid data character")
    _check_escapes(data)


def _check_base64(data: str) -> None:
    if _has_others(data, _BASE64_CHARACTERS):
        raise DataURLError("invalid data character")
    data = data.replace("\n", "")
    unpadded = data.rstrip("=")
    if len(data) % 4 or len(data) - len(unpadded) > _MAX_PADDING or "=" in unpadded:
        raise DataURLError("illegal base64 data")


def _has_others(text: str, characters: bytes) -> bool:
    return bool(text.encode(errors="surrogatepass").translate(None, characters))


def _check_escapes(text: str) -> None:
    bad = _BAD_ESCAPE.search(text)
    if bad and _CUT_OFF_ESCAPE.match(text, bad.start()):
        raise DataURLError("rfc2396: unexpected end of unescape sequence")
    if bad:
        raise DataURLError("rfc2396: invalid char 0x25 in unescape sequence")
