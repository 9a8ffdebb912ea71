"""Parsing and validation of an Ignition config."""

import re
from collections.abc import Iterator, Sequence

from controller.ignition.decode import decode
from controller.ignition.duplicates import duplicates
from controller.ignition.prune import prune
from controller.ignition.report import Entry, ParseResult, error
from controller.ignition.schema import NAME, Content, Struct
from controller.ignition.syntax.json_text import JSONSyntaxError, read_json
from controller.ignition.unused_keys import unused_keys
from controller.ignition.versions import CURRENT_MINOR, Rules, specification

VERSION = f"3.{CURRENT_MINOR}.0"
_OLDEST = "3.0.0"
# Go's semver package accepts leading zeros and empty suffixes.
_VERSION = re.compile(r"0*3\.0*(?P<minor>[0-4])\.0+-?\+?")
_VERSION_ALONE = Struct({"ignition": Struct({"version": NAME})})


def parse(raw: bytes, *, older: bool = False) -> ParseResult:
    """Parse an Ignition config as the reference implementation does; never raises.

    Only version 3.4.0 is accepted; with `older` also 3.0 to 3.3, which are translated to 3.4.0.
    """
    result = draft(raw, older=older)
    if any(entry.severity == "error" for entry in result.report):
        return ParseResult(None, result.report)
    return result


def draft(raw: bytes, *, older: bool = False) -> ParseResult:
    """Parse a config and return it even if it has errors, for further validation.

    Values of the wrong type count as unset.
    """
    try:
        source = read_json(raw)
    except JSONSyntaxError as problem:
        return ParseResult(None, (error("$", str(problem)),))
    header, mismatches = decode(_VERSION_ALONE, source)
    version = header["ignition"]["version"]
    minor = _minor(version, older=older)
    if minor is None and not mismatches:
        return ParseResult(None, (_version_error(version, older=older),))
    schema, rules = specification(CURRENT_MINOR if minor is None else minor)
    content, mismatches = decode(schema, source)
    found = (*_check(schema, content, "$", rules), *unused_keys(schema, content, source))
    report = (*mismatches, *_apart_from(mismatches, found)) if mismatches else found
    config = prune(schema, content)
    if minor is not None and minor != CURRENT_MINOR:
        config["ignition"]["version"] = VERSION
    return ParseResult(config, report)


def _apart_from(mismatches: Sequence[Entry], found: Sequence[Entry]) -> Iterator[Entry]:
    """Yield findings outside values of the wrong type, which are reported already."""
    places = {each.path for each in mismatches}
    around = {parent for place in places for parent in _parents(place)}
    for entry in found:
        if entry.path not in around and places.isdisjoint((entry.path, *_parents(entry.path))):
            yield entry


def _parents(path: str) -> Iterator[str]:
    while path := path.rpartition(".")[0]:
        yield path


def _minor(version: str, *, older: bool) -> int | None:
    """Return the minor version of a config; None if it is not accepted."""
    match = _VERSION.fullmatch(version)
    minor = int(match["minor"]) if match else None
    return minor if older or minor == CURRENT_MINOR else None


def _version_error(version: str, *, older: bool) -> Entry:
    given = f"version {version:.40} is not supported" if version else "there is no version"
    accepted = f"from {_OLDEST} to {VERSION}" if older else VERSION
    return error("$.ignition.version", f"{given}: it must be {accepted}")


def _check(struct: Struct, content: Content, path: str, rules: Rules) -> Iterator[Entry]:
    for rule in rules.get(struct, ()):
        for entry in rule(content):
            yield entry.under(path)
    if struct.namespaces:
        for entry in duplicates(struct, content):
            yield entry.under(path)
    for name, type_ in struct.parts.items():
        part = content[name]
        if part is type_.blank:  # a blank part violates no rule
            continue
        if isinstance(type_, Struct):
            yield from _check(type_, part, f"{path}.{name}", rules)
        elif isinstance(type_.of, Struct):
            yield from _check_items(type_.of, part, f"{path}.{name}", rules)


def _check_items(
    struct: Struct, items: Sequence[Content], path: str, rules: Rules
) -> Iterator[Entry]:
    for index, item in enumerate(items):
        yield from _check(struct, item, f"{path}.{index}", rules)
