"""The syntax of host names and IP addresses: what is neither is sent nothing, and names nobody."""

import ipaddress
import re
from typing import Final

_LABEL: Final = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_HOST_NAME: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.ASCII | re.IGNORECASE)
_LONGEST: Final = 253


def is_ip_address(text: str) -> bool:
    """Whether it is an IP address, without a zone: Python takes any text for the zone."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def is_host_name(name: str) -> bool:
    """Whether it is the name of a host."""
    return len(name) <= _LONGEST and _HOST_NAME.fullmatch(name) is not None
