"""Rules for systemd units and drop-ins, alone and with the files of the same config."""

from collections.abc import Iterable, Iterator

from controller.ignition.report import Entry, error, warning
from controller.ignition.schema import Content
from controller.ignition.syntax.paths import extension
from controller.ignition.syntax.quote import quote
from controller.ignition.syntax.unit_text import UnitOption, UnitSyntaxError, parse_unit

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


def unit_name_has_a_unit_extension(unit: Content) -> Iterator[Entry]:
    """A unit's name ends with a unit type. Nothing else in the name is checked."""
    if extension(unit["name"]) not in _UNIT_EXTENSIONS:
        yield error("name", "invalid systemd unit extension")


def dropin_name_is_conf(dropin: Content) -> Iterator[Entry]:
    """A drop-in's name ends in `.conf`, or systemd ignores it."""
    if extension(dropin["name"]) != ".conf":
        yield error("name", "invalid systemd drop-in extension")


def dropin_text_is_valid(dropin: Content) -> Iterator[Entry]:
    """The contents of a drop-in can be parsed."""
    try:
        parse_unit(dropin["contents"] or "")
    except UnitSyntaxError as problem:
        yield error("contents", f"invalid unit content: {problem}")


def unit_text_is_valid_and_can_be_enabled(unit: Content) -> Iterator[Entry]:
    """A unit's contents can be parsed; an enabled unit has an [Install] section."""
    try:
        options = parse_unit(unit["contents"] or "")
    except UnitSyntaxError as problem:
        yield error("contents", f"invalid unit content: {problem}")
        return
    if unit["enabled"] and unit["contents"] and not _have_install_section(options):
        yield warning(
            "contents",
            f"unit {quote(unit['name'])} is enabled, but has no install section so enable does"
            " nothing",
        )


def enabled_instance_can_be_enabled(systemd: Content) -> Iterator[Entry]:
    """The template of an enabled instance has an [Install] section."""
    units = {unit["name"]: unit for unit in systemd["units"]}
    templates = {
        index: template
        for index, unit in enumerate(systemd["units"])
        if unit["enabled"] and (template := _template_of(unit["name"]))
    }
    useless = {
        name
        for name in {*templates.values()}
        if name in units and _lacks_install_section(units[name])
    }
    for index, template in templates.items():
        if template in useless:
            instance = systemd["units"][index]["name"]
            yield warning(
                f"units.{index}.contents",
                f"template unit {quote(template)} for {quote(instance)} doesn't have Install"
                " section",
            )


def _template_of(name: str) -> str | None:
    """Return the template of an instance; None for other units."""
    stem = name.removesuffix(".service")
    end = stem.find("@", 1)
    if stem == name or "\n" in stem or not 0 < end < len(stem) - 1:
        return None
    return f"{stem[:end]}@.service"


def _lacks_install_section(unit: Content) -> bool:
    try:
        return bool(unit["contents"]) and not _have_install_section(parse_unit(unit["contents"]))
    except UnitSyntaxError:
        return False


def _have_install_section(options: Iterable[UnitOption]) -> bool:
    """Whether there is an [Install] section with options."""
    return any(option.section == "Install" for option in options)


def no_node_has_the_path_of_a_unit(config: Content) -> Iterator[Entry]:
    """No file, directory or link has the path of a unit or drop-in with contents."""
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
