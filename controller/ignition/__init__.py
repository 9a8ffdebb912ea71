"""Ignition 3.4.0: parse, validate and merge configs; decode data URLs; read unit text.

What is accepted, what is reported and what a merge gives is what the reference implementation
does. Pure: no clock, no log, nothing of third parties. Known to differ, all far from any use:

- Values of the wrong type are all reported, each at its place, beside all else that is wrong; the
  reference stops at the first.
- Ignored keys are reported even if a number among them is too great for a float.
- What is wrong because of several links or directories is reported ten times at most.
- Which of several collisions of partition numbers the reference reports is left to chance there;
  here it is the first. A size below zero counts as none, and no place is beyond 64 bits.
"""

from controller.ignition.data_url import DataURL, DataURLError, decode_data_url
from controller.ignition.merge import merge
from controller.ignition.parse import draft, parse
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
    "draft",
    "merge",
    "parse",
    "parse_unit",
]
