"""A script that examines a login after a failure, and its answer.

It needs a POSIX shell and no Python, and runs without root. Each line of the answer begins with a
mark, so that a banner or the output of a profile does not matter.
"""

import re
import shlex
from dataclasses import dataclass
from typing import Final

from controller.logins.login_problem import last_line

_MARK: Final = "machineconfig-login"
_KEPT: Final = 256 * 1024  # bytes, as a module of Ansible needs for a moment
# A minimal Python has a version, but not all modules that Ansible imports.
_VERSION: Final = (
    'import sys; print("%d.%d" % sys.version_info[:2]); '
    'import ctypes, json, subprocess, tempfile, zipfile; print("complete")'
)
_PLACES: Final = (
    "/usr/bin/python3 /usr/bin/python3.[0-9] /usr/bin/python3.[0-9][0-9] /usr/local/bin/python3* "
    "/opt/*/bin/python3 /usr/libexec/platform-python"
)
# It is joined to one line, since csh ends a quoted text at a newline.
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
words=$(keep 2>&1) || say temporary "$(echo "${{words:-no reason given}}" | tail -n 1)";
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
    complete: bool = False


@dataclass(frozen=True)
class Answer:
    """The answer of the login shell, and other `output` beside it.

    `temporary` is the error of writing a temporary file, empty if there was none.
    """

    answered: bool
    user: str
    temporary: str = ""
    pythons: tuple[Python, ...] = ()
    output: str = ""


def script(python: str) -> str:
    """Return the shell script; `python` is the interpreter that was used, a path or a name."""
    return _SCRIPT.format(
        mark=_MARK,
        kept=_KEPT,
        python=shlex.quote(python),
        places=_PLACES,
        version=shlex.quote(_VERSION),
    )


def read(printed: str, errors: str, user: str) -> Answer:
    """Return the answer in what a login of `user` has `printed`, and in its `errors`."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    answers = [line.split()[1:] for line in lines if line.startswith(f"{_MARK} ")]
    others = [line for line in lines if not line.startswith(_MARK)]
    by_key = {words[0]: words[1:] for words in answers if words}
    if "user" not in by_key:
        output = last_line("\n".join([errors, *others]))
        return Answer(answered=False, user=user, output=output)
    pythons = (_python(words[1:]) for words in answers if words[0] == "python" and words[1:])
    return Answer(
        answered=True,
        user=" ".join(by_key["user"]),
        temporary=" ".join(by_key.get("temporary", ())),
        pythons=tuple(dict.fromkeys(pythons)),
        output=last_line("\n".join(others)),
    )


def _python(words: list[str]) -> Python:
    path, rest = words[0], words[1:]
    version = re.fullmatch(r"(\d{1,3})\.(\d{1,3})", rest[0]) if rest else None
    if not version:
        return Python(path)
    return Python(path, tuple(map(int, version.groups())), complete=rest[1:] == ["complete"])
