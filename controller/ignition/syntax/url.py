"""URLs as Go's net/url parses them, more strictly than Python and less than a browser."""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import unquote_plus

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*+):", re.ASCII)
_CONTROLS = bytes(range(0x20)) + b"\x7f"
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_USER = re.compile(r"[A-Za-z0-9._:~!$&'()*+,;=%@-]*+")
# A host may contain any non-ASCII character, also escaped; in ASCII only `%` may be escaped.
_HOST_CHARACTER = r"""[A-Za-z0-9!"$&'()*+,.:;<=>\[\]_~-]|[^\x00-\x7f]"""
_HOST = re.compile(f"(?:{_HOST_CHARACTER}|%25|%[89A-Fa-f][0-9A-Fa-f])*+")
_ZONE = re.compile(f"(?:{_HOST_CHARACTER}|%)*+")
_ESCAPE = re.compile("%[0-7][0-9A-Fa-f]")
_PORT = re.compile(r"(?::[0-9]*)?", re.ASCII)


class URLError(ValueError):
    """Ignition cannot parse this URL."""

    def __init__(self) -> None:
        super().__init__("unable to parse url")


@dataclass(frozen=True, slots=True)
class URL:
    """The parts of a URL that rules use; `opaque` is the text after a scheme without a slash."""

    scheme: str
    opaque: str
    query: str

    def parameter(self, name: str) -> str | None:
        """Return the first value of a query parameter, or None."""
        for pair in self.query.split("&"):
            key, _, value = pair.partition("=")
            if ";" not in pair and not _BAD_ESCAPE.search(pair) and unquote_plus(key) == name:
                return unquote_plus(value)
        return None


def parse_url(text: str) -> URL:
    """Parse an absolute or relative URL.

    Raises:
        URLError: Go cannot parse it.
    """
    text, _, fragment = text.partition("#")
    if _has_control(text) or text.startswith(":") or _BAD_ESCAPE.search(fragment):
        raise URLError
    match = _SCHEME.match(text)
    scheme = match[1].lower() if match else ""
    rest, _, query = text[match.end() if match else 0 :].partition("?")
    if scheme and not rest.startswith("/"):
        return URL(scheme, rest, query)
    if not scheme and ":" in rest.partition("/")[0]:
        raise URLError
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, _, rest = rest[2:].partition("/")
        _check_authority(authority)
    if _BAD_ESCAPE.search(rest):
        raise URLError
    return URL(scheme, "", query)


def _has_control(text: str) -> bool:
    raw = text.encode()
    return len(raw.translate(None, _CONTROLS)) < len(raw)


def _check_authority(authority: str) -> None:
    user, _, host = authority.rpartition("@")
    if not _USER.fullmatch(user) or _BAD_ESCAPE.search(user):
        raise URLError
    if "[" in host:
        literal, bracket, port = host.rpartition("]")
        valid = bool(bracket) and literal.rfind("[") == 0 and _is_ipv6(literal[1:])
    else:
        name, colon, digits = host.rpartition(":")
        port = colon + digits if colon else ""
        valid = bool(_HOST.fullmatch(name if colon else host))
    if not valid or not _PORT.fullmatch(port):
        raise URLError


def _is_ipv6(literal: str) -> bool:
    address, percent, zone = literal.partition("%25")
    if _BAD_ESCAPE.search(zone):
        return False
    try:
        IPv6Address(address)
    except AddressValueError:
        return False
    # A zone may contain escaped characters that are valid unescaped, a space and `%`.
    zone_text = _ESCAPE.sub(lambda escape: chr(int(escape[0][1:], 16)), zone.replace("%20", "_"))
    return "%" not in address and bool(zone) == bool(percent) and bool(_ZONE.fullmatch(zone_text))
