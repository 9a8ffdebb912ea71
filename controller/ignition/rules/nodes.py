"""Rules for files, directories and links: `storage.files`, `.directories` and `.links`."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator

from controller.ignition.report import Entry, error, warning
from controller.ignition.schema import Content
from controller.ignition.syntax.paths import clean, is_clean

_PERMISSIONS = 0o7777
_SPECIAL_BITS = 0o7000
# The reference reports the same problem for each link above a path and for each duplicate link. A
# config with many links would have more problems than characters.
MAX_REPEATS = 10
_OCTAL_DIGITS = re.compile("(?:100)?([0-7]{3})")


def path_error(path: str) -> str | None:
    """Return why a path is invalid: it must be absolute and clean."""
    if not path:
        return "path not specified"
    if not path.startswith("/"):
        return "path not absolute"
    if not is_clean(path):
        return "path is not fully simplified"
    return None


def path_is_absolute_and_clean(node: Content) -> Iterator[Entry]:
    """A path is absolute, without `.`, `..`, doubled or trailing slashes."""
    if message := path_error(node["path"]):
        yield error("path", message)


def owner_is_named_once(node: Content) -> Iterator[Entry]:
    """A user or group has an id or a name, not both."""
    for owner in ("user", "group"):
        if node[owner]["id"] is not None and node[owner]["name"]:
            yield error(owner, "cannot set both id and name")


def mode_is_permission_bits(node: Content) -> Iterator[Entry]:
    """A mode is at most 07777; the special bits have no effect before version 3.6.0."""
    mode = node["mode"]
    if mode is None:
        return
    if not 0 <= mode <= _PERMISSIONS:
        yield error("mode", "illegal file mode" + _octal_suggestion(mode))
    if mode & _SPECIAL_BITS:
        yield warning(
            "mode",
            "setuid/setgid/sticky bits are not supported or functional in spec versions older"
            " than 3.6.0" + _octal_suggestion(mode),
        )


def _octal_suggestion(mode: int) -> str:
    """Return a suggestion for 644, or 100644 as in git: JSON has no octal numbers."""
    digits = _OCTAL_DIGITS.fullmatch(str(mode))
    return f"; did you mean {int(digits[1], 8)} (0{digits[1]} in octal)?" if digits else ""


def overwrite_needs_a_source(file: Content) -> Iterator[Entry]:
    """A file with overwrite has a source, which may be empty."""
    if file["overwrite"] and file["contents"]["source"] is None:
        yield error("overwrite", "overwrite must be false if source is unspecified")


def link_has_a_target(link: Content) -> Iterator[Entry]:
    """A link has a target."""
    if not link["target"]:
        yield error("target", "link target is required")


def no_path_leads_through_a_link(storage: Content) -> Iterator[Entry]:
    """No path is below a link of the same config, including hard links."""
    links = Counter(link["path"] for link in storage["links"])
    lengths = sorted({len(path) for path in links})
    for name, noun in (("directories", "directory"), ("files", "file"), ("links", "link")):
        for index, node in enumerate(storage[name]):
            for _ in range(min(_links_above(node["path"], links, lengths), MAX_REPEATS)):
                yield error(f"{name}.{index}", f"{noun} path includes link in config")


def _links_above(path: str, links: Counter[str], lengths: list[int]) -> int:
    lengths_above = lengths[: bisect_left(lengths, len(path))]
    return sum(links[path[:length]] for length in lengths_above if path[length] == "/")


def hard_link_is_to_a_file(storage: Content, *, needs_a_target: bool = True) -> Iterator[Entry]:
    """A hard link's target is not a directory of the same config; its owner is ignored."""
    directories = Counter(directory["path"] for directory in storage["directories"])
    for index, link in enumerate(storage["links"]):
        if not link["hard"] or (needs_a_target and not link["target"]):
            continue
        for _ in range(min(directories[_target(link)], MAX_REPEATS)):
            yield error(f"links.{index}", "hard link target is a directory")
        for owner in ("user", "group"):
            for field in ("id", "name"):
                if link[owner][field] is not None:
                    yield warning(
                        f"links.{index}.{owner}.{field}", "user/group ignored for hard link"
                    )


def _target(link: Content) -> str:
    target = link["target"]
    return clean(target if target.startswith("/") else f"{link['path']}/{target}")
