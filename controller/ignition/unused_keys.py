"""Warnings about keys that Ignition ignores, with a suggestion for a misspelled key.

Unlike in decoding, case matters here: a key that differs only in case is used, with a warning.
"""

from collections.abc import Iterator, Mapping

from controller.ignition.report import Entry, warning
from controller.ignition.schema import Content, List, Struct, Type
from controller.ignition.syntax.json_text import JSON
from controller.suggestions import closest

# Frequent mistakes whose spelling is not similar to the key.
_OFTEN_MEANT = {"user": "name", "permissions": "mode", "keys": "sshAuthorizedKeys"}
_NULL_FOR_AN_OBJECT = "null where an object is expected means the same as no key at all"
# Suggestions take time, and a name of this length or the hundredth one is not a misspelling.
_MAX_SUGGESTIONS = 100
_MAX_NAME_LENGTH = 40


def unused_keys(struct: Struct, content: Content, source: JSON) -> Iterator[Entry]:
    """Yield a warning for each key of `source` that is not part of `content`."""
    suggestions = 0
    for path, key, fields in _unused(struct, content, source, "$"):
        if key is None:
            yield warning(path, _NULL_FOR_AN_OBJECT)
            continue
        meant = _meant(key, fields) if suggestions < _MAX_SUGGESTIONS else None
        suggestions += 1
        yield warning(
            f"{path}.{key}", f"unused key {key}" + f"; did you mean {meant}?" * bool(meant)
        )


_Unused = tuple[str, str | None, Mapping[str, Type]]


def _unused(struct: Struct, content: Content, source: JSON, path: str) -> Iterator[_Unused]:
    if content is struct.blank and struct.nullable:
        return
    if not isinstance(source, tuple):
        yield path, None, struct.fields
        return
    for key, member in dict(source).items():
        field = struct.fields.get(key)
        if field is None:
            yield path, key, struct.fields
        elif isinstance(field, Struct):
            yield from _unused(field, content[key], member, f"{path}.{key}")
        elif isinstance(field, List) and isinstance(field.of, Struct) and isinstance(member, list):
            for index, (item, items_source) in enumerate(zip(content[key], member, strict=False)):
                yield from _unused(field.of, item, items_source, f"{path}.{key}.{index}")


def _meant(key: str, fields: Mapping[str, Type]) -> str | None:
    if len(key) > _MAX_NAME_LENGTH:
        return None
    meant = closest(key, fields) or _OFTEN_MEANT.get(key.lower())
    return meant if meant in fields else None
