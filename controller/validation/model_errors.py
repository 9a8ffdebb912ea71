"""What pydantic finds wrong with an object, in words for the person who wrote it."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic_core import ErrorDetails

from controller.api.names import VERSION
from controller.manifests.document import Path, dotted
from controller.manifests.problem import Finding, error
from controller.suggestions import did_you_mean

_Words = tuple[str, str]

_QUOTED: Final = re.compile("'([^']*)'")
_AMOUNT: Final = "maxUnavailable"
# Of an object as a whole, our models only ever say something of its name.
_NAME: Final[Path] = ("metadata", "name")


def explain(details: ErrorDetails, kind: str, content: Any) -> Finding:  # noqa: ANN401 - plain data
    """One error of a model's validation of `content`, with its place as the author sees it."""
    path = _place(details, content)
    if path and path[-1] == _AMOUNT:
        return error(dotted(path), *_amount(details["input"]))
    reason, remedy = _WORDS.get(details["type"], _other)(details)
    return error(dotted(path), reason, remedy or _explain(kind, path))


def _place(details: ErrorDetails, content: Any) -> Path:  # noqa: ANN401 - plain data
    """The place as far as there is such a place: pydantic adds steps of its own."""
    path: Path = ()
    for step in details["loc"]:
        if isinstance(content, Mapping) and step in content:
            content = content[str(step)]
        elif isinstance(content, list) and isinstance(step, int) and step < len(content):
            content = content[step]
        elif details["type"] != "missing":
            break
        path = (*path, step)
    if path == ("spec", "config") and details["type"] == "value_error":
        return (*path, "ignition", "version")
    return path or _NAME


def _explain(kind: str, path: Path) -> str:
    if path == _NAME:
        return "write another name"
    fields = ".".join(each for each in path if isinstance(each, str))
    return f"`kubectl explain {kind.lower()}.{fields} --api-version={VERSION}` says more"


def _missing(details: ErrorDetails) -> _Words:
    return f"{details['loc'][-1]} is missing", "add it"


def _text(details: ErrorDetails) -> _Words:
    given = details["input"]
    if given is None:
        return "null is no text", 'write a value, "" for an empty one, or remove the line'
    if isinstance(given, bool | int | float):
        return f"{_written(given)} is no text", f'put it in quotes: "{_written(given)}"'
    return "this must be text", "write one value in quotes"


def _boolean(details: ErrorDetails) -> _Words:
    return f"{_written(details['input'])} is neither true nor false", "write it without quotes"


def _whole(details: ErrorDetails) -> _Words:
    return f"{_written(details['input'])} is no whole number", "write it in digits, without quotes"


def _members(_details: ErrorDetails) -> _Words:
    return "this must be an object", "write its fields below it, indented, a line each"


def _items(_details: ErrorDetails) -> _Words:
    return "this must be a list", "write each item below it, after a dash and a space"


def _choice(details: ErrorDetails) -> _Words:
    choices = _QUOTED.findall(details["ctx"]["expected"])
    given = _written(details["input"])
    listed = f"write one of {', '.join(choices)}"
    return f"{given} cannot stand here", did_you_mean(str(details["input"]), choices, listed)


def _too_many(details: ErrorDetails) -> _Words:
    actual, most = details["ctx"]["actual_length"], details["ctx"]["max_length"]
    return f"{actual} are too many: {most} may stand here", "take some out"


def _too_long(details: ErrorDetails) -> _Words:
    return f"this is longer than {details['ctx']['max_length']} characters", "shorten it"


def _too_short(_details: ErrorDetails) -> _Words:
    return "this is empty", "write a value, or remove it"


def _too_small(details: ErrorDetails) -> _Words:
    return f"{details['input']} is too small", f"write {details['ctx']['ge']} or more"


def _pattern(details: ErrorDetails) -> _Words:
    remedy = "write the full name with its type, for example crio.service"
    return f"{_written(details['input'])} is no name of a systemd unit", remedy


def _own(details: ErrorDetails) -> _Words:
    """What our own models say: `what is wrong: what to do`, or one of the two."""
    message = str(details["ctx"]["error"])
    if message.startswith("write "):
        return f"{_written(details['input'])} cannot stand here", message
    reason, _, remedy = message.partition(": ")
    return reason, remedy


def _other(details: ErrorDetails) -> _Words:
    return details["msg"], ""


def _amount(given: object) -> _Words:
    reason = f"{_written(given)} is neither a number from 1 nor a percentage from 1% to 100%"
    return reason, 'write 1 or "25%"; to stop updates set `paused: true`'


def _written(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"'
        case dict():
            return "an object"
        case list():
            return "a list"
    return str(value)


_WORDS: Final[dict[str, Callable[[ErrorDetails], _Words]]] = {
    "missing": _missing,
    "string_type": _text,
    "bool_type": _boolean,
    "int_type": _whole,
    "dict_type": _members,
    "model_type": _members,
    "tuple_type": _items,
    "enum": _choice,
    "literal_error": _choice,
    "too_long": _too_many,
    "string_too_long": _too_long,
    "string_too_short": _too_short,
    "greater_than_equal": _too_small,
    "string_pattern_mismatch": _pattern,
    "value_error": _own,
}
