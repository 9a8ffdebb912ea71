"""The rules of Kubernetes for names, labels and annotations of all objects."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from controller.manifests.problem import Finding, error, warning

_SUBDOMAIN: Final = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
)
_NAME: Final = re.compile(r"(?=.{1,63}\Z)[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_LETTERS: Final = "letters, digits and any of -_. , with a letter or digit at both ends"


def findings(metadata: Any) -> Iterator[Finding]:  # noqa: ANN401 - plain data
    """Yield problems of the metadata of a cluster-scoped object."""
    if not isinstance(metadata, Mapping):
        return
    if isinstance(name := metadata.get("name"), str) and not _SUBDOMAIN.fullmatch(name):
        remedy = "use at most 253 of a-z, 0-9, - and . , with a letter or digit at both ends"
        yield error("metadata.name", f'"{name}" is not a valid object name', remedy)
    if metadata.get("namespace"):
        reason = "objects of this kind have no namespace"
        yield warning("metadata.namespace", reason, "remove it")
    for section in ("labels", "annotations"):
        for key in _mapping(metadata.get(section)):
            yield from _key(f"metadata.{section}.{key}", key)
    for key, value in _mapping(metadata.get("labels")).items():
        if isinstance(value, str) and value and not _NAME.fullmatch(value):
            remedy = f"use at most 63 {_LETTERS}"
            yield error(f"metadata.labels.{key}", f'"{value}" is not a valid label value', remedy)


def _mapping(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 - plain data
    return value if isinstance(value, Mapping) else {}


def _key(path: str, key: str) -> Iterator[Finding]:
    prefix, slash, name = key.rpartition("/")
    if not _NAME.fullmatch(name) or (slash and not _SUBDOMAIN.fullmatch(prefix)):
        remedy = f"write name or domain/name; a name has at most 63 {_LETTERS}"
        yield error(path, f'"{key}" is no key', remedy)
