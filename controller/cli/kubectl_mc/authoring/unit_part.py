"""The systemd units and drop-ins of a MachineConfig, from local files; pure."""

from collections.abc import Iterable
from pathlib import PurePath

from controller.api.json_object import Json
from controller.cli.kubectl_mc.authoring.draft import DraftPart
from controller.cli.kubectl_mc.files.local_files import LocalFile
from controller.cli.kubectl_mc.terminal.console import escaped
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.cli.kubectl_mc.terminal.plain_text import unreadable_characters


def unit_part(files: Iterable[LocalFile], *, enable: bool) -> DraftPart:
    """Return the entries of units and drop-ins, in their order.

    Raises:
        CommandError: a file is not text, or not a unit, or `enable` is set and there is no unit.
    """
    entries: dict[str, Json] = {}
    origins: dict[str, str] = {}
    for local in files:
        unit, dropin = _names(PurePath(local.path))
        entry = entries.setdefault(unit, {"name": unit})
        place = f"systemd.units.{list(entries).index(unit)}"
        if dropin:
            origins.setdefault(place, f"--unit {local.path}")
            place += f".dropins.{len(entry.setdefault('dropins', []))}"
            entry["dropins"].append({"name": dropin, "contents": _text(local)})
        elif "contents" in entry:
            raise CommandError(f"--unit {local.path}: {unit} is given twice", "remove one")
        else:
            entry.update({"enabled": True} if enable else {}, contents=_text(local))
        origins[place] = f"--unit {local.path}"
    if enable and not any("contents" in entry for entry in entries.values()):
        raise CommandError("--enable: there is no unit to enable", "name a unit with --unit")
    return DraftPart({"systemd": {"units": list(entries.values())}} if entries else {}, origins)


def _names(path: PurePath) -> tuple[str, str]:
    """Return the unit, and the drop-in if the file is one: X.service.d/NAME.conf."""
    if path.suffix != ".conf":
        return path.name, ""
    unit = path.parent.name.removesuffix(".d")
    if unit == path.parent.name or "." not in unit:
        remedy = f"put it into a folder X.service.d, for example kubelet.service.d/{path.name}"
        raise CommandError(f"--unit {path}: the unit of this drop-in is unknown", remedy)
    return unit, path.name


def _text(local: LocalFile) -> str:
    try:
        text = local.data.decode()
    except UnicodeDecodeError:
        raise CommandError(f"--unit {local.path} is not UTF-8", "name a unit file") from None
    for number, line in enumerate(text.split("\n"), 1):
        for char in unreadable_characters(line):
            reason = f"--unit {local.path}:{number} contains a control character, {escaped(char)}"
            raise CommandError(reason, "remove it")
    return text
