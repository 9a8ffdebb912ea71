"""The syntax of host names and IP addresses. Nothing is sent to an address that is neither."""

import ipaddress
import re
from typing import Final

_LABEL: Final = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_HOST_NAME: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.ASCII | re.IGNORECASE)
_MAX_LENGTH: Final = 253


def is_ip_address(text: str) -> bool:
    """Whether `text` is an IP address without a zone; Python accepts any text as the zone."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def is_host_name(name: str) -> bool:
    """Whether `name` is a valid host name."""
    return len(name) <= _MAX_LENGTH and _HOST_NAME.fullmatch(name) is not None
