"""What `--file LOCAL:REMOTE[:MODE]` says; pure."""

import re
from dataclasses import dataclass
from typing import Final, Self

from controller.cli.kubectl_mc.terminal.errors import CommandError

# A local name may hold a colon; the path on the nodes may not, for what follows one is the mode.
_FORM: Final = re.compile(
    r"(?P<local>.+?):(?P<remote>/[^:]*)(?P<rest>:(?P<mode>.*))?", flags=re.DOTALL
)
_MODE: Final = re.compile(r"0o[0-7]{1,4}|0?[0-7]{3,4}")


@dataclass(frozen=True)
class FileSpec:
    """The value of the option, and its parts; a mode of None is the local file's."""

    text: str
    local: str
    remote: str
    mode: int | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the option's value.

        Raises:
            CommandError: it is no such thing.
        """
        match = _FORM.fullmatch(text)
        if not match:
            remedy = "write LOCAL:REMOTE[:MODE], for example --file motd:/etc/motd:0644"
            raise CommandError(f"--file {text}: no absolute path on the node", remedy)
        mode = _mode(text, match["mode"]) if match["rest"] else None
        return cls(text, match["local"], match["remote"], mode)


def _mode(text: str, mode: str) -> int:
    if not _MODE.fullmatch(mode):
        remedy = "write 0644; a path that holds a colon goes into a manifest written by hand"
        raise CommandError(f'--file {text}: "{mode}" is no mode', remedy)
    return int(mode, 8)
