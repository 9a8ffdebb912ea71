"""From the bytes of an Ignition config to plain data, or to the reasons why not."""

import re
from collections.abc import Iterator
from typing import Any

from controller.ignition.decode import TypeMismatchError, decode, prune
from controller.ignition.duplicates import duplicates
from controller.ignition.json_text import JSONSyntaxError, read_json
from controller.ignition.older import older_minor, translate
from controller.ignition.report import Entry, ParseResult, error
from controller.ignition.rules import RULES
from controller.ignition.schema import CONFIG, Keyed, Repeated, Struct, Type
from controller.ignition.unused_keys import unused_keys

VERSION = "3.4.0"
# Leading zeros do not matter to Go's semver package, nor do empty suffixes.
_CURRENT = re.compile(r"0*3\.0*4\.0+-?\+?", re.ASCII)


def parse(raw: bytes, *, older: bool = False) -> ParseResult:
    """Parse an Ignition config as the reference implementation does; never raises.

    Only version 3.4.0 is accepted; with `older`, 3.0 to 3.3 are too, and come back as 3.4.0.
    """
    try:
        source = read_json(raw)
        minor = older_minor(source) if older else None
        ignored = () if minor is None else translate(source, minor)
        content = decode(CONFIG, source)
    except (JSONSyntaxError, TypeMismatchError) as problem:
        return ParseResult(None, (error("$", str(problem)),))
    if minor is not None:
        content["ignition"]["version"] = VERSION
    version = content["ignition"]["version"]
    if not _CURRENT.fullmatch(version):
        return ParseResult(None, (_version_error(version),))
    checked = _check(CONFIG, content, "$")
    report = (*ignored, *checked, *unused_keys(CONFIG, content, source, "$"))
    invalid = any(entry.kind == "error" for entry in report)
    return ParseResult(None if invalid else prune(content), report)


def _version_error(version: str) -> Entry:
    given = f"version {version:.40} is not supported" if version else "there is no version"
    return error("$.ignition.version", f"{given}: it must be {VERSION}")


def _check(kind: Type, content: Any, path: str) -> Iterator[Entry]:  # noqa: ANN401 - decoded value
    match kind:
        case Struct():
            for rule in RULES.get(kind, ()):
                yield from (entry.under(path) for entry in rule(content))
            yield from (entry.under(path) for entry in duplicates(kind, content))
            for name, field in kind.fields.items():
                yield from _check(field, content[name], f"{path}.{name}")
        case Keyed() | Repeated():
            for index, item in enumerate(content):
                yield from _check(kind.of, item, f"{path}.{index}")
