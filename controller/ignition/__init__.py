"""Ignition 3.4.0: parse, validate and merge configs; decode data URLs; read unit text.

What is accepted, what is reported and what a merge gives is what the reference implementation
does. Pure: no clock, no log, nothing of third parties.
"""

from controller.ignition.data_url import DataURL, DataURLError, decode_data_url
from controller.ignition.merge import merge
from controller.ignition.parse import parse
from controller.ignition.report import Entry, ParseResult
from controller.ignition.unit_text import UnitOption, UnitSyntaxError, parse_unit

__all__ = [
    "DataURL",
    "DataURLError",
    "Entry",
    "ParseResult",
    "UnitOption",
    "UnitSyntaxError",
    "decode_data_url",
    "merge",
    "parse",
    "parse_unit",
]
