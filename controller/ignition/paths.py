"""Paths as Go's package path takes them: cleaning by text alone, with `/` as the separator."""

import re

_CLEAN = re.compile(r"/|(?:/(?!\.\.?(?:/|\Z))[^/]++)++")


def is_clean(path: str) -> bool:
    """Tell whether an absolute path is as short as it can be."""
    return _CLEAN.fullmatch(path) is not None


def clean(path: str) -> str:
    """Return the shortest path that means the same (`posixpath.normpath` would keep `//a`)."""
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
    """Return the last element's text from its last dot on; "" if it has none."""
    name = path.rpartition("/")[2]
    return name[name.rfind(".") :] if "." in name else ""
