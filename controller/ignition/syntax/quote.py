"""Quoting of text in messages as in the reference, with Go's escapes."""

_ESCAPES = {
    '"': r"\"",
    "\\": r"\\",
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
}
_LAST_OF_ONE_BYTE = "\x7f"
_LAST_OF_FOUR_DIGITS = "\uffff"


def quote(text: str) -> str:
    """Return the text in quotes, with escapes for invisible characters."""
    return '"' + "".join(_ESCAPES.get(character) or _visible(character) for character in text) + '"'


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    if character <= _LAST_OF_ONE_BYTE:
        return f"\\x{ord(character):02x}"
    if character <= _LAST_OF_FOUR_DIGITS:
        return f"\\u{ord(character):04x}"
    return f"\\U{ord(character):08x}"
