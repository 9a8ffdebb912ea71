"""The value of `--file`, LOCAL:REMOTE[:MODE]; pure."""

import re
from dataclasses import dataclass
from typing import Final, Self

from controller.cli.kubectl_mc.terminal.errors import CommandError

# LOCAL may contain a colon. REMOTE may not: what follows a colon in it is the mode.
_FORM: Final = re.compile(
    r"(?P<local>.+?):(?P<remote>/[^:]*)(?P<rest>:(?P<mode>.*))?", flags=re.DOTALL
)
_MODE: Final = re.compile(r"0o[0-7]{1,4}|0?[0-7]{3,4}")


@dataclass(frozen=True)
class FileSpec:
    """The option's text and its parts; `mode` is None if the local file's mode applies."""

    text: str
    local: str
    remote: str
    mode: int | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the option's value.

        Raises:
            CommandError: it is invalid.
        """
        match = _FORM.fullmatch(text)
        if not match:
            remedy = "write LOCAL:REMOTE[:MODE], for example --file motd:/etc/motd:0644"
            raise CommandError(f"--file {text}: no absolute path on the node", remedy)
        mode = _mode(text, match["mode"]) if match["rest"] else None
        return cls(text, match["local"], match["remote"], mode)


def _mode(text: str, mode: str) -> int:
    if not _MODE.fullmatch(mode):
        remedy = "write 0644; for a path that contains a colon, write the manifest by hand"
        raise CommandError(f'--file {text}: "{mode}" is not a mode', remedy)
    return int(mode, 8)
