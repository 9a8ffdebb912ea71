"""Whether PAM finds everything by which sshd and sudo decide on a login."""

from __future__ import annotations

import os
import re
from typing import Iterator

from ...base.view import View

_FOLDER = "/etc/pam.d"
# Of the distribution; a file of the same name in the first folder replaces one there.
_VENDOR_FOLDERS = ("/usr/lib/pam.d", "/usr/etc/pam.d")
_ALWAYS = (f"{_FOLDER}/sshd", f"{_FOLDER}/sudo")
_TYPES = {"auth", "account", "password", "session"}
_INCLUDES = {"include", "substack"}
_MODULES = ("/usr/lib/*/security", "/usr/lib/security", "/usr/lib64/security", "/lib/*/security")
# A dash ignores a missing module; the control is a word, or is between square brackets.
_RULE = re.compile(r"(-?)(\w+)\s+(\[[^]]*\]|\S+)\s+(\S+).*")


def problems(paths: list[str], view: View) -> Iterator[str]:
    """Yield the problems of changed files, and of those that sshd and sudo read."""
    todo, seen = [*paths, *_ALWAYS], set()
    while todo:
        path = todo.pop(0)
        if path not in seen:
            seen.add(path)
            for number, rule in _rules(view.read(path)):
                todo += _included(rule)
                yield from (f"{path}: line {number}: {each}" for each in _problems(rule, view))


def _rules(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.replace("\\\n", " ").split("\n"), start=1):
        rule = line.partition("#")[0].strip()
        if rule:
            yield number, rule


def _included(rule: str) -> list[str]:
    if rule.startswith("@include"):
        return [os.path.join(_FOLDER, *rule.split()[1:2])]
    found = _RULE.fullmatch(rule)
    return [os.path.join(_FOLDER, found[4])] if found and found[3] in _INCLUDES else []


def _problems(rule: str, view: View) -> Iterator[str]:
    included, found = _included(rule), _RULE.fullmatch(rule)
    if included:
        yield from (f"{each} does not exist" for each in included if not _is_there(each, view))
    elif not found or found[2].lower() not in _TYPES:
        yield "is not a type, a control and a module"
    elif not found[1] and not _exists(found[4], view):
        yield f"the module {found[4]} does not exist (install it, or remove the line)"


def _is_there(path: str, view: View) -> bool:
    name = os.path.basename(path)
    return view.has(path) or any(view.has(f"{each}/{name}") for each in _VENDOR_FOLDERS)


def _exists(module: str, view: View) -> bool:
    return any(view.has(os.path.join(folder, module)) for folder in _MODULES)
