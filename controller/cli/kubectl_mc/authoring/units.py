"""The systemd units of a MachineConfig and their drop-ins, made of local files; pure."""

from collections.abc import Iterable
from pathlib import PurePath

from controller.api.json_object import Json
from controller.cli.kubectl_mc.authoring.draft import Part
from controller.cli.kubectl_mc.files.local_files import LocalFile
from controller.cli.kubectl_mc.terminal.console import printable
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.cli.kubectl_mc.terminal.plain_text import strange


def units(given: Iterable[LocalFile], *, enable: bool) -> Part:
    """The entries of units and their drop-ins, in the order in which they were named.

    Raises:
        CommandError: a file is no text, or stands for no unit, or nothing is there to enable.
    """
    entries: dict[str, Json] = {}
    origins: dict[str, str] = {}
    for each in given:
        unit, dropin = _names(PurePath(each.path))
        entry = entries.setdefault(unit, {"name": unit})
        place = f"systemd.units.{list(entries).index(unit)}"
        if dropin:
            origins.setdefault(place, f"--unit {each.path}")
            place += f".dropins.{len(entry.setdefault('dropins', []))}"
            entry["dropins"].append({"name": dropin, "contents": _text(each)})
        elif "contents" in entry:
            raise CommandError(f"--unit {each.path}: {unit} is given twice", "name it once")
        else:
            entry.update({"enabled": True} if enable else {}, contents=_text(each))
        origins[place] = f"--unit {each.path}"
    if enable and not any("contents" in entry for entry in entries.values()):
        raise CommandError("--enable: there is no unit to enable", "name one with --unit")
    return Part({"systemd": {"units": list(entries.values())}} if entries else {}, origins)


def _names(path: PurePath) -> tuple[str, str]:
    """The unit, and the drop-in where the file is one: X.service.d/NAME.conf."""
    if path.suffix != ".conf":
        return path.name, ""
    unit = path.parent.name.removesuffix(".d")
    if unit == path.parent.name or "." not in unit:
        remedy = f"put it into a folder X.service.d, for example kubelet.service.d/{path.name}"
        raise CommandError(f"--unit {path}: which unit is this drop-in for?", remedy)
    return unit, path.name


def _text(local: LocalFile) -> str:
    try:
        text = local.data.decode()
    except UnicodeDecodeError:
        raise CommandError(
            f"--unit {local.path} is not UTF-8", "name the unit's own file"
        ) from None
    for number, line in enumerate(text.split("\n"), 1):
        for each in strange(line):
            reason = f"--unit {local.path}:{number} holds a control character, {printable(each)}"
            raise CommandError(reason, "remove it")
    return text
