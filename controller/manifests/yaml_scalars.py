"""The values of YAML scalars as in kubectl (go.yaml.in/yaml/v2).

That is YAML 1.1 with a few differences: `0o644` is octal like `0644`, and `1:30` and dates are
strings.
"""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Final

from controller.manifests.nodes import MERGE, Value

_PREFIX: Final = "tag:yaml.org,2002:"

_WORDS: Final[dict[str, Value]] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), False),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}

_INTEGER: Final = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<binary>[01]+)|0[oO]?(?P<octal>[0-7]+)"
    r"|(?P<decimal>0|[1-9][0-9]*))",
    re.ASCII,
)
_BASES: Final = {"hex": 16, "binary": 2, "octal": 8, "decimal": 10}
# Go parses at most 64 bits; with a sign, 63.
_MAX_DIGITS: Final = 20
_BETWEEN: Final = re.compile(r"(?<=[0-9])_(?=[0-9])")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)


def plain(text: str) -> Value:
    """Return the value of a scalar without quotes and without a tag."""
    return MERGE if text == "<<" else _implied(text)


def tagged(tag: str, text: str) -> Value:
    """Return the value of a scalar with an explicit tag; with an unknown tag it is a string.

    Raises:
        ValueError: the text does not match the tag.
    """
    name = tag.removeprefix(_PREFIX)
    if tag.startswith(_PREFIX) and name == "merge" and text == "<<":
        return MERGE
    if not tag.startswith(_PREFIX) or name not in _READERS:
        return text
    return _READERS[name](text)


def _implied(text: str) -> Value:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    # kubectl drops all underscores of a number; if it begins with a dot, only inner ones.
    digits = _BETWEEN.sub("", text) if text[0] == "." else text.replace("_", "")
    number = _integer(digits)
    return _float(digits, text) if number is None else number


def _integer(digits: str) -> int | None:
    """Parse an integer of at most 64 bits in any of Go's bases."""
    match = _INTEGER.fullmatch(digits)
    if match is None:
        return None
    base = next(name for name in _BASES if match[name] is not None)
    if base == "decimal" and len(match[base]) > _MAX_DIGITS:
        return None
    number = int(match["sign"] + match[base], _BASES[base])
    fits = -(2**63) <= number < 2**63 or (not match["sign"] and number < 2**64)
    return number if fits else None


def _float(digits: str, text: str) -> float | str:
    if not _FLOAT.fullmatch(digits):
        return text
    number = float(digits)
    return text if number in {float("inf"), float("-inf")} else number


def _of_type(*types: type) -> Callable[[str], Value]:
    def read(text: str) -> Value:
        value = _implied(text)
        if type(value) not in types:
            raise ValueError(text)
        return value

    return read


def _float_or_integer(text: str) -> Value:
    value = _implied(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(text)  # noqa: TRY004 - the text is invalid, not a type
    return float(value)


def _binary(text: str) -> str:
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
        return data.decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError(text) from error


_READERS: Final[dict[str, Callable[[str], Value]]] = {
    "bool": _of_type(bool),
    "int": _of_type(int),
    "null": _of_type(type(None)),
    "float": _float_or_integer,
    "binary": _binary,
}
