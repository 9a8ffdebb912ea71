"""What a login is asked after a failure, and its answer.

The script needs a POSIX shell and no Python, and is run without root. Each line of the answer
begins with a mark, so that a banner or a noisy profile does not matter.
"""

import re
import shlex
from dataclasses import dataclass
from typing import Final

from controller.logins.login_problem import last_line

_MARK: Final = "machineconfig-login"
_KEPT: Final = 256 * 1024  # bytes, as a module of Ansible needs for a moment
# A minimal Python names its version, and lacks modules that Ansible's own modules import.
_VERSION: Final = (
    'import sys; print("%d.%d" % sys.version_info[:2]); '
    'import ctypes, json, subprocess, tempfile, zipfile; print("whole")'
)
_PLACES: Final = (
    "/usr/bin/python3 /usr/bin/python3.[0-9] /usr/bin/python3.[0-9][0-9] /usr/local/bin/python3* "
    "/opt/*/bin/python3 /usr/libexec/platform-python"
)
# One line in the end, since csh ends a quoted text at a newline.
_SCRIPT: Final = """\
say() {{ printf '{mark} %s\\n' "$*"; }};
keep() {{
    for folder in "${{TMPDIR:-/tmp}}" /var/tmp .; do
        f=$(mktemp "$folder/machine-config.XXXXXXXXXX") || continue;
        head -c {kept} /dev/zero > "$f" && rm -f "$f" && return;
        rm -f "$f";
    done;
    return 1;
}};
say user "$(id -un)";
words=$(keep 2>&1) || say temporary "$(echo "${{words:-no word of why}}" | tail -n 1)";
for each in {python} {places}; do
    command -v "$each" > /dev/null || continue;
    say python "$each" $(timeout 5 "$each" -c {version} 2> /dev/null);
done;
say end""".replace("\n", " ")


@dataclass(frozen=True)
class Python:
    """An interpreter on the node; `version` is empty for one that does not run."""

    path: str
    version: tuple[int, ...] = ()
    whole: bool = False


@dataclass(frozen=True)
class Answer:
    """What the login shell has answered, and `words` that were not asked for.

    `temporary` is why no file could be written for temporary use, empty where one could.
    """

    answered: bool
    user: str
    temporary: str = ""
    pythons: tuple[Python, ...] = ()
    words: str = ""


def script(python: str) -> str:
    """The shell script; `python` is the interpreter that was used, a path or a name."""
    return _SCRIPT.format(
        mark=_MARK,
        kept=_KEPT,
        python=shlex.quote(python),
        places=_PLACES,
        version=shlex.quote(_VERSION),
    )


def read(printed: str, errors: str, user: str) -> Answer:
    """The answer of `user` in what a login has `printed`, and beside it as `errors`."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    said = [line.split()[1:] for line in lines if line.startswith(f"{_MARK} ")]
    others = [line for line in lines if not line.startswith(_MARK)]
    by_kind = {words[0]: words[1:] for words in said if words}
    if "user" not in by_kind:
        words = last_line("\n".join([errors, *others]))
        return Answer(answered=False, user=user, words=words)
    pythons = (_python(words[1:]) for words in said if words[0] == "python" and words[1:])
    return Answer(
        answered=True,
        user=" ".join(by_kind["user"]),
        temporary=" ".join(by_kind.get("temporary", ())),
        pythons=tuple(dict.fromkeys(pythons)),
        words=last_line("\n".join(others)),
    )


def _python(words: list[str]) -> Python:
    path, rest = words[0], words[1:]
    version = re.fullmatch(r"(\d{1,3})\.(\d{1,3})", rest[0]) if rest else None
    if not version:
        return Python(path)
    return Python(path, tuple(map(int, version.groups())), whole=rest[1:] == ["whole"])
