"""A JSON object as plain data."""

from typing import Any

Json = dict[str, Any]
