"""Whether the kernel has the modules that the next boot loads by name."""

from __future__ import annotations

from typing import Iterator

from ...base.view import View

# Without modprobe, or without modules of this kernel, nothing is known.
_IS_MISSING = """
command -v modprobe > /dev/null && [ -d "/lib/modules/$(uname -r)" ] || exit 1
! modprobe -n -q -- "$1"
"""


def problems(paths: list[str], view: View) -> Iterator[str]:
    """Yield the modules that do not exist, for which systemd-modules-load.service would fail."""
    for path in paths:
        for number, line in enumerate(view.read(path).split("\n"), start=1):
            name = "".join(line.split()[:1])
            if name and name[0] not in "#;" and _is_missing(name, view):
                yield (
                    f"{path}: line {number}: the kernel has no module {name}"
                    " (remove the line, or install the module)"
                )


def _is_missing(name: str, view: View) -> bool:
    return not view.run("sh", "-c", _IS_MISSING, "sh", name).failed
