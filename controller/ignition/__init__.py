"""Ignition 3.4.0: parse, validate and merge configs; decode data URLs; read unit text.

Parsing, validation and merging behave like the reference implementation. Pure, and without third-
party packages. Known differences, none of which matters in practice:

- All values of the wrong type are reported, each with its path, together with all other problems;
  the reference stops at the first.
- Ignored keys are reported even if one of them has a number that is too large for a float.
- A problem that is caused by several links or directories is reported at most ten times.
- Of several collisions of partition numbers the first is reported; the reference reports a random
  one. A negative size counts as unset, and positions are not limited to 64 bits.
"""

from controller.ignition.merge import merge
from controller.ignition.parse import draft, parse
from controller.ignition.report import Entry, ParseResult
from controller.ignition.syntax.data_url import DataURL, DataURLError, decode_data_url
from controller.ignition.syntax.unit_text import UnitOption, UnitSyntaxError, parse_unit

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
