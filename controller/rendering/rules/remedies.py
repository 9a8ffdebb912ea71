"""Remedies for the errors of Ignition's own validation."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from controller.rendering.rules import modes

_BY_MEMBER: Final = {
    "version": "write `version: 3.4.0`",
    "httpHeaders": "remove it: contents are not fetched",
    "path": "write the absolute path, without `.`, `..` or `//`",
    "mode": f"write permission bits: {modes.written(0o644)}",
    "source": "write a data: URL, for example `data:,hello%0A`",
    "compression": "write gzip, or remove it",
    "hash": "write sha256- or sha512- and the digest of the contents in hexadecimal",
    "overwrite": "remove it, or add a source to the file",
    "user": "set either the id or the name of the owner",
    "group": "set either the id or the name of the group",
    "contents": "fix the unit's text; `systemd-analyze verify FILE` shows what is wrong",
}
# By the start of Ignition's message.
_BY_TYPE: Final = {
    "must be a string": "put it in quotes",
    "must be an integer": "write it in digits, without quotes",
    "must be true or false": "write true or false, without quotes",
    "must be a list": "write each item below it, after a dash and a space",
    "must be an object": "write its members below it, indented, one per line",
}
_ENCODE: Final = (
    "encode the contents again: in base64, or with %XX for everything but letters and digits"
)
_SOURCE: Final = (
    "write `source:` and a data: URL below it; "
    "`kubectl mc create NAME --role POOL --file FILE:PATH` creates one"
)
_IGNITION_2: Final = "translate it to 3.4.0, for example with ign-converter"
_BOTH: Final = "remove one of the two"
_UNIT_NAME: Final = "end the name in a unit's type, for example .service, .timer or .socket"
_DROPIN_NAME: Final = "end the name in .conf"
_TWICE: Final = "merge the two"


def remedy(path: str, message: str, config: Any) -> str:  # noqa: ANN401 - not validated yet
    """Return the remedy for an error at `path`, such as `$.storage.files.0.mode`."""
    steps = path.split(".")[1:]
    member = steps[-1] if steps else ""
    expected = _BY_TYPE.get(message.partition(",")[0], "")
    by_place = _TWICE if member.isdigit() else _BY_MEMBER.get(member, "")
    return _of_member(member, steps, message, _at(config, steps)) or expected or by_place


def _of_member(member: str, steps: Sequence[str], message: str, given: Any) -> str:  # noqa: ANN401 - any JSON
    """Return the remedy for members with a specific one."""
    match member:
        case "mode":
            return _mode(given)
        case "version" if str(given).startswith("2."):
            return _IGNITION_2
        case "version" | "httpHeaders":
            return _BY_MEMBER[member]
        case "name" if "units" in steps:
            return _DROPIN_NAME if "dropins" in steps else _UNIT_NAME
        case _:
            return _of_contents(member, steps, message, given)


def _mode(given: Any) -> str:  # noqa: ANN401 - any JSON
    mode = modes.parse(given) if isinstance(given, str) else None
    number = f"write the number {modes.written(mode or 0)}, without quotes"
    return _BY_MEMBER["mode"] if mode is None else number


def _of_contents(member: str, steps: Sequence[str], message: str, given: Any) -> str:  # noqa: ANN401 - any JSON
    match member:
        case "contents" if "files" in steps and isinstance(given, str):
            return _SOURCE
        case "source" if isinstance(given, str) and given.startswith("data:"):
            return _ENCODE
        case "path" if "conflict" in message:
            return _BOTH
    return ""


def _at(value: Any, steps: Sequence[str]) -> Any:  # noqa: ANN401 - any JSON
    for step in steps:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value
