"""Errors of pydantic, explained to the author of the object."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic_core import ErrorDetails

from controller.api.names import VERSION
from controller.manifests.document import Path, dotted
from controller.manifests.problem import Finding, error
from controller.suggestions import did_you_mean

_Explanation = tuple[str, str]  # reason and remedy

_QUOTED: Final = re.compile("'([^']*)'")
_AMOUNT: Final = "maxUnavailable"
# The models raise errors for a whole object only because of its name.
_NAME: Final[Path] = ("metadata", "name")


def explain(details: ErrorDetails, kind: str, content: Any) -> Finding:  # noqa: ANN401 - plain data
    """Return an error of the validation of `content`, with its path in the manifest."""
    path = _path(details, content)
    if path and path[-1] == _AMOUNT:
        return error(dotted(path), *_amount(details["input"]))
    reason, remedy = _EXPLANATIONS.get(details["type"], _other)(details)
    return error(dotted(path), reason, remedy or _explain(kind, path))


def _path(details: ErrorDetails, content: Any) -> Path:  # noqa: ANN401 - plain data
    """Return the path as far as it exists in `content`: pydantic adds steps of its own."""
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
        return "choose another name"
    fields = ".".join(each for each in path if isinstance(each, str))
    return f"`kubectl explain {kind.lower()}.{fields} --api-version={VERSION}` explains this field"


def _missing(details: ErrorDetails) -> _Explanation:
    return f"{details['loc'][-1]} is missing", "add it"


def _text(details: ErrorDetails) -> _Explanation:
    given = details["input"]
    if given is None:
        return "null is not a string", 'write a value, "" for an empty one, or remove the line'
    if isinstance(given, bool | int | float):
        return f"{_written(given)} is not a string", f'put it in quotes: "{_written(given)}"'
    return "this must be a string", "write one value in quotes"


def _boolean(details: ErrorDetails) -> _Explanation:
    return f"{_written(details['input'])} is neither true nor false", "write it without quotes"


def _whole(details: ErrorDetails) -> _Explanation:
    return f"{_written(details['input'])} is not an integer", "write it in digits, without quotes"


def _members(_details: ErrorDetails) -> _Explanation:
    return "this must be an object", "write its fields below it, indented, one per line"


def _items(_details: ErrorDetails) -> _Explanation:
    return "this must be a list", "write each item below it, after a dash and a space"


def _choice(details: ErrorDetails) -> _Explanation:
    choices = _QUOTED.findall(details["ctx"]["expected"])
    given = _written(details["input"])
    listed = f"write one of {', '.join(choices)}"
    return f"{given} is not a valid value", did_you_mean(str(details["input"]), choices, listed)


def _too_many(details: ErrorDetails) -> _Explanation:
    actual, most = details["ctx"]["actual_length"], details["ctx"]["max_length"]
    return f"{actual} items are too many: at most {most} are allowed", "remove some"


def _too_long(details: ErrorDetails) -> _Explanation:
    return f"this is longer than {details['ctx']['max_length']} characters", "shorten it"


def _too_short(_details: ErrorDetails) -> _Explanation:
    return "this is empty", "write a value, or remove it"


def _too_small(details: ErrorDetails) -> _Explanation:
    return f"{details['input']} is too small", f"write {details['ctx']['ge']} or more"


def _pattern(details: ErrorDetails) -> _Explanation:
    remedy = "write the full name with its suffix, for example crio.service"
    return f"{_written(details['input'])} is not a valid unit name", remedy


def _custom(details: ErrorDetails) -> _Explanation:
    """Split the message of a validator in the models: `reason: remedy`, or one of the two."""
    message = str(details["ctx"]["error"])
    if message.startswith("write "):
        return f"{_written(details['input'])} is not a valid value", message
    reason, _, remedy = message.partition(": ")
    return reason, remedy


def _other(details: ErrorDetails) -> _Explanation:
    return details["msg"], ""


def _amount(given: object) -> _Explanation:
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


_EXPLANATIONS: Final[dict[str, Callable[[ErrorDetails], _Explanation]]] = {
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
    "value_error": _custom,
}
