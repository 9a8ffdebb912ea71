"""What a person names on a node to be adopted: files, units and drop-ins; pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, Literal

from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.rendering.paths import UNIT_FOLDER

_UNIT_TYPES: Final = {
    ".automount",
    ".device",
    ".mount",
    ".path",
    ".scope",
    ".service",
    ".slice",
    ".socket",
    ".swap",
    ".target",
    ".timer",
}


@dataclass(frozen=True)
class Adoptable:
    """A file or a drop-in by its path, or a unit by its name; `unit` is whose the drop-in is."""

    kind: Literal["file", "unit", "dropin"]
    name: str
    unit: str = ""

    @classmethod
    def parse(cls, word: str, files: Collection[str]) -> "Adoptable":
        """What a word means; `files` are the paths that the node's config holds as files.

        Raises:
            CommandError: it is neither an absolute path nor the name of a unit.
        """
        path = PurePosixPath(word)
        if "/" not in word and _is_unit(path.name) and not word.startswith("-"):
            return cls("unit", word)
        if not word.startswith("/"):
            remedy = "write an absolute path, or the name of a unit, for example x.service"
            raise CommandError(f"{word} is no path on a node", remedy)
        if str(path) != word or ".." in path.parts or word.startswith("//"):
            raise CommandError(f"{word} is no plain path", "leave out //, . and .. and a last /")
        return cls("file", word) if word in files else _in_systemd(path)


def _is_unit(name: str) -> bool:
    return PurePosixPath(name).suffix in _UNIT_TYPES


def _in_systemd(path: PurePosixPath) -> Adoptable:
    """What lies in the folder of units is a unit or a drop-in, if it looks like one."""
    parts = path.parts[len(PurePosixPath(UNIT_FOLDER).parts) :]
    inside = path.is_relative_to(UNIT_FOLDER)
    if inside and len(parts) == 1 and _is_unit(path.name):
        return Adoptable("unit", path.name)
    unit = parts[0].removesuffix(".d") if parts else ""
    is_dropin = inside and len(parts) == 2 and path.suffix == ".conf" and unit != parts[0]  # noqa: PLR2004 - X.d/NAME.conf
    if is_dropin and _is_unit(unit):
        return Adoptable("dropin", str(path), unit)
    return Adoptable("file", str(path))


def parse(words: Iterable[str], files: Collection[str]) -> tuple[Adoptable, ...]:
    """Each thing once; a drop-in of a unit that is named too comes with it.

    Raises:
        CommandError: one of the words means nothing.
    """
    found = dict.fromkeys(Adoptable.parse(word, files) for word in words)
    units = {each.name for each in found if each.kind == "unit"}
    return tuple(each for each in found if each.unit not in units)
