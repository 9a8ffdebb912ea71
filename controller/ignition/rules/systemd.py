"""Rules for systemd units and drop-ins, alone and beside the files of the same config."""

import re
from collections.abc import Iterator

from controller.ignition.paths import extension
from controller.ignition.report import Entry, error, warning
from controller.ignition.schema import Content
from controller.ignition.unit_text import UnitSyntaxError, parse_unit

_UNIT_EXTENSIONS = (
    ".service",
    ".socket",
    ".device",
    ".mount",
    ".automount",
    ".swap",
    ".target",
    ".path",
    ".timer",
    ".snapshot",
    ".slice",
    ".scope",
)
_INSTANCE = re.compile(r"(?P<template>.+?)@(?P<instance>.+?)\.service\Z")


def unit_name_has_a_unit_extension(unit: Content) -> Iterator[Entry]:
    """A unit's name says what kind of unit it is. Nothing else about the name is looked at."""
    if extension(unit["name"]) not in _UNIT_EXTENSIONS:
        yield error("name", "invalid systemd unit extension")


def dropin_name_is_conf(dropin: Content) -> Iterator[Entry]:
    """A drop-in that does not end in `.conf` is not read by systemd."""
    if extension(dropin["name"]) != ".conf":
        yield error("name", "invalid systemd drop-in extension")


def contents_are_unit_text(unit: Content) -> Iterator[Entry]:
    """The contents of a unit or drop-in can be parsed."""
    try:
        parse_unit(unit["contents"] or "")
    except UnitSyntaxError as problem:
        yield error("contents", f"invalid unit content: {problem}")


def enabled_unit_can_be_enabled(unit: Content) -> Iterator[Entry]:
    """Enabling does what the unit's [Install] section says; without one it does nothing."""
    if unit["enabled"] and _lacks_install_section(unit):
        yield warning(
            "contents",
            f'unit "{unit["name"]}" is enabled, but has no install section so enable does nothing',
        )


def enabled_instance_can_be_enabled(systemd: Content) -> Iterator[Entry]:
    """The [Install] section of an instance is its template's."""
    units = {unit["name"]: unit for unit in systemd["units"]}
    for index, unit in enumerate(systemd["units"]):
        instance = _INSTANCE.match(unit["name"])
        if not unit["enabled"] or not instance:
            continue
        template = f"{instance['template']}@.service"
        if template in units and _lacks_install_section(units[template]):
            yield warning(
                f"units.{index}.contents",
                f'template unit "{template}" for "{unit["name"]}" doesn\'t have Install section',
            )


def _lacks_install_section(unit: Content) -> bool:
    """Tell whether there is unit text without [Install]; a header without options is no section."""
    try:
        options = parse_unit(unit["contents"] or "")
    except UnitSyntaxError:
        return False
    return bool(unit["contents"]) and all(option.section != "Install" for option in options)


def no_node_stands_where_a_unit_is_written(config: Content) -> Iterator[Entry]:
    """A unit or drop-in with contents has its place in /etc/systemd/system to itself."""
    taken = set(_unit_paths(config["systemd"]))
    for name in ("directories", "files", "links"):
        for index, node in enumerate(config["storage"][name]):
            if node["path"] in taken:
                yield error(
                    f"storage.{name}.{index}.path", "path conflicts with systemd unit or dropin"
                )


def _unit_paths(systemd: Content) -> Iterator[str]:
    for unit in systemd["units"]:
        path = f"/etc/systemd/system/{unit['name']}"
        if unit["contents"]:
            yield path
        for dropin in unit["dropins"]:
            if dropin["contents"]:
                yield f"{path}.d/{dropin['name']}"
