"""Paths as in Go's package path: cleaned as text, with `/` as the separator."""

import re

_CLEAN = re.compile(r"/|(?:/(?!\.\.?(?:/|\Z))[^/]++)++")


def is_clean(path: str) -> bool:
    """Whether an absolute path is already clean."""
    return _CLEAN.fullmatch(path) is not None


def clean(path: str) -> str:
    """Return the shortest equivalent path (`posixpath.normpath` would keep `//a`)."""
    rooted = path.startswith("/")
    parts: list[str] = []
    for part in path.split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part == ".." and rooted:
            continue
        elif part not in ("", "."):
            parts.append(part)
    return "/" * rooted + "/".join(parts) or "."


def extension(path: str) -> str:
    """Return the extension of the last element with its dot; "" without a dot."""
    name = path.rpartition("/")[2]
    return name[name.rfind(".") :] if "." in name else ""
