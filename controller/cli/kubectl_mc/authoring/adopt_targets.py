"""The arguments of `kubectl mc adopt`: files, units and drop-ins of a node; pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, Literal, Self

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
class AdoptTarget:
    """A file or a drop-in by its path, or a unit by its name; `unit` is the drop-in's unit."""

    kind: Literal["file", "unit", "dropin"]
    name: str
    unit: str = ""

    @classmethod
    def parse(cls, argument: str, files: Collection[str]) -> Self:
        """Parse an argument; `files` are the paths that the node's config has as files.

        Raises:
            CommandError: it is neither an absolute path nor the name of a unit.
        """
        path = PurePosixPath(argument)
        if "/" not in argument and _is_unit(path.name) and not argument.startswith("-"):
            return cls("unit", argument)
        if not argument.startswith("/"):
            remedy = "write an absolute path, or the name of a unit, for example x.service"
            raise CommandError(f"{argument} is not a path on a node", remedy)
        if str(path) != argument or ".." in path.parts or argument.startswith("//"):
            reason = f"{argument} is not a normalized path"
            raise CommandError(reason, "leave out //, . and .. and a trailing /")
        return cls("file", argument) if argument in files else cls._in_unit_folder(path)

    @classmethod
    def _in_unit_folder(cls, path: PurePosixPath) -> Self:
        """Return a unit or a drop-in if the path looks like one, else a file."""
        parts = path.parts[len(PurePosixPath(UNIT_FOLDER).parts) :]
        inside = path.is_relative_to(UNIT_FOLDER)
        if inside and len(parts) == 1 and _is_unit(path.name):
            return cls("unit", path.name)
        unit = parts[0].removesuffix(".d") if parts else ""
        is_dropin = inside and len(parts) == 2 and path.suffix == ".conf" and unit != parts[0]  # noqa: PLR2004 - X.d/NAME.conf
        if is_dropin and _is_unit(unit):
            return cls("dropin", str(path), unit)
        return cls("file", str(path))


def _is_unit(name: str) -> bool:
    return PurePosixPath(name).suffix in _UNIT_TYPES


def parse_targets(arguments: Iterable[str], files: Collection[str]) -> tuple[AdoptTarget, ...]:
    """Return each target once, without the drop-ins of units that are targets themselves.

    Raises:
        CommandError: an argument is invalid.
    """
    targets = dict.fromkeys(AdoptTarget.parse(argument, files) for argument in arguments)
    units = {target.name for target in targets if target.kind == "unit"}
    return tuple(target for target in targets if target.unit not in units)
